"""Why people's changes differ: by object, edit and naturalness, and what foretells them best."""
