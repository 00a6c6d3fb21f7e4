"""Writes the module's variables and outputs into infra/terraform/README.md, from variables.tf and outputs.tf.

``python -m tools.terraform.docs``; ``--check`` writes nothing, and ends with 1 where the README says something else.
"""

from __future__ import annotations

import re
import sys
import textwrap

from tools.terraform import hcl, readme
from tools.terraform.check import MODULE


def sections(blocks: list[hcl.Block]) -> dict[str, str]:
    """Return both tables, in the order of the files."""
    variables = [_variable(block) for block in blocks if block.type == "variable"]
    outputs = [(f"`{block.labels[0]}`", _said(block)) for block in blocks if block.type == "output"]
    return {
        "variables": readme.table(("variable", "what", "type", "default"), variables),
        "outputs": readme.table(("output", "what"), outputs),
    }


def _variable(block: hcl.Block) -> tuple[str, str, str, str]:
    given = {one.name: one for one in block.attributes}
    default = f"`{_code(given['default'])}`" if "default" in given else "**required**"
    return f"`{block.labels[0]}`", _said(block), f"`{_code(given['type'])}`", default


def _said(block: hcl.Block) -> str:
    """Return a description as one cell: a heredoc's lines stay lines."""
    attribute = next(one for one in block.attributes if one.name == "description")
    literal = attribute.literal()
    if literal is not None:
        return literal.replace('\\"', '"').replace("$${", "${")
    lines = textwrap.dedent("\n".join(attribute.text.splitlines()[1:-1])).splitlines()
    return "<br>".join(re.sub(r"^ +", "&nbsp;&nbsp;", re.sub(r"(?<=\S)  +", ": ", line)) for line in lines)


def _code(attribute: hcl.Attribute) -> str:
    """Return an expression on one line, without its comments."""
    lines = [re.sub(r"\s+#.*|^\s*#.*", "", line).strip() for line in attribute.text.splitlines()]
    text = ""
    for line in filter(None, lines):
        follows = text and not text.endswith(("{", "[", "(", ",")) and not line.startswith(("}", "]", ")"))
        text += (", " if follows else " " if text else "") + line
    text = re.sub(r",?(?= ?[}\])])", "", re.sub(r"\s+", " ", text))
    return re.sub(r"([(\[]) | (?=[)\]])", r"\1", text)


def main() -> None:
    """Write the tables, or hold the README against them."""
    check = "--check" in sys.argv[1:]
    readme.bring(sections(hcl.folder(MODULE)), check=check, command="make terraform-readme")


if __name__ == "__main__":
    main()
