"""The tables of variables and outputs are what the module's files say."""

from __future__ import annotations

from pathlib import Path

from tools.terraform import hcl
from tools.terraform.docs import sections

MODULE = """
variable "project" {
  description = "Id of the \\"own\\" project."
  type        = string
  nullable    = false
}

variable "location" {
  description = <<-EOT
    Where Freio runs.
      region     of the functions.
      firestore  of the state.
  EOT
  type = object({
    region    = string # as Cloud Run has it
    firestore = optional(string)
    zones     = optional(list(string), [
      "a",
      "b",
    ])
  })
  default = { region = "r" }
}

output "url" {
  description = "The address | the place."
  value       = 1
}
"""


def test_a_table_of_each() -> None:
    made = sections(hcl.parse(MODULE, Path("main.tf")))
    project, location = made["variables"].splitlines()[2:]
    assert project == '| `project` | Id of the "own" project. | `string` | **required** |'
    assert location.split(" | ") == [
        "| `location`",
        "Where Freio runs.<br>&nbsp;&nbsp;region: of the functions.<br>&nbsp;&nbsp;firestore: of the state.",
        '`object({ region = string, firestore = optional(string), zones = optional(list(string), ["a", "b"]) })`',
        '`{ region = "r" }` |',
    ]
    assert made["outputs"].splitlines()[2:] == ["| `url` | The address \\| the place. |"]
