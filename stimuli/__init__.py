"""The vocabulary that manipulation, experiment and analysis share. Imports none of them."""
