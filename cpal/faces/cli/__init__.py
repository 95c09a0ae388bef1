"""The shell face: `cpal VERB ...`. `main` holds the table of verbs; each is a module that only its use loads."""
