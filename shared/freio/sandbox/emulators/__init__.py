"""Google's emulators of Firestore and Pub/Sub, and the BigQuery emulator, each run for as long as it is needed."""

from freio.sandbox.emulators.emulator import EmulatorFailed, EmulatorMissing
from freio.sandbox.emulators.parts import BIGQUERY, FIRESTORE, PARTS, PUBSUB, Part

__all__ = ["BIGQUERY", "FIRESTORE", "PARTS", "PUBSUB", "EmulatorFailed", "EmulatorMissing", "Part"]
