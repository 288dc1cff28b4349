"""What a run leaves: its journal, the tracker's file, events, provenance, and the participant."""
