"""How natural a version is: distances from its photograph, statistics of its regions."""
