"""A new study: which photographs and objects are proposed, and the folder they are put in."""
