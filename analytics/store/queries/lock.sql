-- Little memory, no files but the given, no network, no extensions, no Python variables; the last line makes it final.
SET temp_directory = '';
SET memory_limit = '256MB';
SET threads = 1;
SET python_enable_replacements = false;
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
SET allowed_paths = getvariable('given');
SET enable_external_access = false;
SET lock_configuration = true;
