"""How requests travel: what the SDKs send with."""
