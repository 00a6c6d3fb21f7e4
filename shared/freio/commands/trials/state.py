"""Experiments about Firestore."""

from __future__ import annotations

from freio.commands.trials.experiment import Experiment

_API = "https://firestore.googleapis.com/v1/projects/<FREIO_PROJECT>/databases/(default)"
_AUTH = '-H "Authorization: Bearer $(gcloud auth print-access-token)"'

EXPERIMENTS = (
    Experiment(
        key="time-to-live",
        belief="Google deletes an expired document within about a day, seldom later; nothing depends on when.",
        why="The store treats what has expired as gone. Without policies it would grow for ever.",
        commands=(
            "gcloud firestore fields ttls list --project <FREIO_PROJECT>",
            (
                f'curl -s {_AUTH} \'{_API}/documents:runQuery\' -d \'{{"structuredQuery":{{"from":[{{"collectionId":'
                '"freio-journal"}],"orderBy":[{"field":{"fieldPath":"expires_at"}}],"limit":1}}\''
            ),
        ),
        expect="ACTIVE for every collection but brake and open; the oldest expires_at is less than three days ago.",
        otherwise="Add the policies that adapters/google/firestore_documents.py lists.",
    ),
    Experiment(
        key="point-in-time",
        belief="Point-in-time recovery is on, and reaches seven days back.",
        why="The record of what stood before a brake exists once. Lost, a release needs a person's memory.",
        commands=(
            (
                "gcloud firestore databases describe --project <FREIO_PROJECT> --database '(default)'"
                " --format 'value(pointInTimeRecoveryEnablement, earliestVersionTime, deleteProtectionState,"
                " locationId)'"
            ),
        ),
        expect="POINT_IN_TIME_RECOVERY_ENABLED, a time seven days ago, DELETE_PROTECTION_ENABLED.",
        otherwise="gcloud firestore databases update --enable-pitr --delete-protection; it costs some storage.",
    ),
    Experiment(
        key="contention",
        belief="Two commits on one incident at once: one takes effect, the other is told that the document moved,"
        " within"
        " a second.",
        why="A click and a sweep meet on the same incident. The emulator locks more coarsely than the service.",
        commands=(
            (
                "for i in 1 2 3 4 5; do gcloud pubsub topics publish freio-clicks --project <FREIO_PROJECT>"
                " --message '{}'"
                " --attribute tick=sweep & done; wait"
            ),
            (
                "gcloud logging read 'resource.labels.service_name=\"freio-enforcer\" AND severity>=ERROR'"
                " --project <FREIO_PROJECT> --freshness 10m"
            ),
        ),
        expect="No error; the journal holds each change of state once.",
        otherwise="Aborted for long: raise the store's timeout, and see which document is written more than once a"
        " second.",
        harm="four more sweeps",
    ),
    Experiment(
        key="free-reads",
        belief="Freio's database is the one of its project that has the free tier: 50,000 reads and 20,000 writes a"
        " day.",
        why="`freio cost` counts on it.",
        commands=("gcloud firestore databases list --project <FREIO_PROJECT> --format 'value(name, freeTier)'",),
        expect="True beside Freio's database.",
        otherwise="Give Freio a project of its own; or take the column without free tiers for true.",
    ),
)
