"""How many subjects a study needs: simulated experiments and their power."""
