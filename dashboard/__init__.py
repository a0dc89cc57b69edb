"""The pages: thin notebooks that ask ``analytics`` and place what it says. Works nothing out itself."""
