"""Experiments about a client's LiteLLM proxy: what its limits hold, and what it tells of them."""

from __future__ import annotations

from freio.commands.trials.experiment import Experiment

_AUTH = "-H \"Authorization: Bearer $FREIO_GATEWAY_KEY\" -H 'Content-Type: application/json'"
_READ = "the source of litellm 1.110.2, and its limiter run by itself; nobody has tried it on a proxy of a client's"
_BRAKES = "a limit of one key for some minutes: its requests are refused; the last command takes it away"


def _set(body: str) -> str:
    return f'curl -s -X POST {_AUTH} <GATEWAY>/key/update -d \'{{"key":"<GATEWAY_KEY_HASH>",{body}}}\''


def _team(limits: str) -> str:
    body = f'{{"team_id":"<GATEWAY_TEAM>","model_tpm_limit":{limits}}}'
    return f"curl -s -X POST {_AUTH} <GATEWAY>/team/update -d '{body}'"


def _metadata(of: str) -> str:
    return f'python3 -c \'import json,sys; print(json.load(sys.stdin)["{of}"]["metadata"])\''


def _ask(model: str, times: int = 20) -> str:
    return (
        f"for i in $(seq {times}); do curl -s -o /dev/null -w '%{{http_code}} ' -H \"Authorization: Bearer $PROBE_KEY\""
        f" -H 'Content-Type: application/json' <GATEWAY>/v1/chat/completions -d"
        f' \'{{"model":"{model}","messages":[{{"role":"user","content":"hello"}}],"max_tokens":20}}\'; done; echo'
    )


_HIGH = _team('{"<GATEWAY_MODEL>":1000000}')
_LIMIT, _FREE = _set('"model_tpm_limit":{"<GATEWAY_MODEL>":100}'), _set('"model_tpm_limit":{}')

EXPERIMENTS = (
    Experiment(
        key="gateway-one-model",
        belief="model_tpm_limit of a key refuses that key's requests for that model, and nothing else, within two"
        " minutes on every worker of the proxy.",
        why="It is the smallest brake that there is; a proof looks at windows from two minutes after the change.",
        commands=(_LIMIT, "sleep 120", _ask("<GATEWAY_MODEL>"), _ask("<GATEWAY_OTHER_MODEL>", 5), _FREE),
        expect="429 for most requests of the model, 200 for every one of the other.",
        otherwise="200 throughout: the lever refutes itself in its proof; take gateway out of `levers` in freio.yaml,"
        " and raise BITES_WITHIN in adapters/litellm/gateway_probe.py where it only came late.",
        source=_READ,
        harm=_BRAKES,
    ),
    Experiment(
        key="gateway-refusals-told",
        belief="A refused request stands in /spend/logs/v2 with the status failure, the code 429 and “Rate limit"
        " exceeded for model_per_key”, less than two minutes later.",
        why="Refusals prove a brake before usage does; disable_error_logs and disable_spend_logs switch them off.",
        commands=(
            _LIMIT,
            "sleep 120",
            _ask("<GATEWAY_MODEL>"),
            "sleep 120",
            (
                f'curl -s -G {_AUTH} <GATEWAY>/spend/logs/v2 --data-urlencode "start_date=$(date -u -d -10min'
                ' "+%F %T")" --data-urlencode "end_date=$(date -u "+%F %T")" -d api_key=<GATEWAY_KEY_HASH> -d'
                " status_filter=failure -d error_code=429 --data-urlencode 'error_message=Rate limit exceeded for"
                " model_per_key' -d page_size=1"
            ),
            _FREE,
        ),
        expect="total is the number of 429 that were seen.",
        otherwise="0: read one of the rows without the filters, and mend refusal() in"
        " adapters/litellm/gateway_witness.py; or raise LAG in adapters/litellm/gateway_witness.py.",
        source=_READ,
        harm=_BRAKES,
    ),
    Experiment(
        key="gateway-counts",
        belief="The proxy's token limits count input and output together, without cached input.",
        why="Freio turns input tokens into what gateway.counts says; else a limit would be too high or too low.",
        commands=(
            _set('"model_tpm_limit":{"<GATEWAY_MODEL>":100000}'),
            "sleep 120",
            (
                'curl -s -D - -H "Authorization: Bearer $PROBE_KEY" -H "Content-Type: application/json"'
                ' <GATEWAY>/v1/chat/completions -d \'{"model":"<GATEWAY_MODEL>","messages":[{"role":"user","content":'
                '"count to fifty"}],"max_tokens":300}\' | grep -i -E "x-ratelimit|usage"'
            ),
            _FREE,
        ),
        expect="The headers' remaining tokens fell by about total_tokens of the reply's usage.",
        otherwise="By completion_tokens or prompt_tokens: say output or input in gateway.counts of freio.yaml.",
        source=_READ,
        harm=_BRAKES,
    ),
    Experiment(
        key="gateway-team-metadata",
        belief="/team/update with model_tpm_limit alone leaves whatever else stands in the team's metadata.",
        why="Freio sends the one field; a proxy that wrote the metadata anew would lose what the client keeps there.",
        commands=(
            f"curl -s {_AUTH} '<GATEWAY>/team/info?team_id=<GATEWAY_TEAM>' | {_metadata('team_info')}",
            f"{_HIGH} | {_metadata('data')}",
            _team("{}"),
        ),
        expect="The second prints the first's metadata and the limit.",
        otherwise="Name keys and no teams in freio.yaml, or bring the proxy up to date.",
        source=_READ,
        harm="a limit of one team for a moment, high enough to refuse nothing; the last command takes it away",
    ),
    Experiment(
        key="gateway-pass-through",
        belief="Requests on the proxy's pass-through routes (/vertex_ai/…) meet the limits of a key and its team, and"
        " may miss those of a model, which they name in their path.",
        why="An app that speaks Vertex AI's own API through the gateway would slip past a brake of one model.",
        commands=(
            _LIMIT,
            "sleep 120",
            (
                'for i in $(seq 20); do curl -s -o /dev/null -w "%{http_code} " -H "x-litellm-api-key: Bearer'
                ' $PROBE_KEY" -H "Content-Type: application/json" "<GATEWAY>/vertex_ai/v1/projects/<APP_PROJECT>/'
                'locations/global/publishers/google/models/gemini-2.5-flash:generateContent" -d'
                ' \'{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}\'; done; echo'
            ),
            _FREE,
        ),
        expect="429 for most: the limit of the model holds there, too.",
        otherwise="200 throughout: the proof of such a brake stays open, since its logs go by another name, too; take"
        " gateway out of that app's `levers`.",
        source="the source of litellm 1.110.2 names the model of such a request after its path, not after the list",
        harm=_BRAKES,
    ),
)
