"""Who could mean ill, what they could do, what stops it, and the tests that show it: for README, too."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Threat:
    """One line of the threat model."""

    who: str
    what: str
    stopped_by: str
    shown_by: tuple[str, ...]
    """``file::test``, as seen from the folder of the tests."""


_WRITER = "writes a trace"
_VIEWER = "views a page"
_PORT = "reaches the port"
_HOLDS = "gets the store or an export"
_HANDS = "hands over a backup"

THREATS = (
    Threat(
        _WRITER, "markup or script in any field of any page or export",
        "everything is escaped; a content security policy lets no other script run",
        ("browser/test_every_field.py::test_a_value_that_no_control_has_changes_nothing",
         "browser/test_every_field.py::test_the_exported_page_shows_every_text_as_text",
         "browser/test_hostile.py::test_nothing_of_a_trace_runs_on_the_page"),
    ),
    Threat(
        _WRITER, "a formula in a CSV cell", "an apostrophe before it",
        ("export/test_tables.py::test_no_cell_is_a_formula",
         "cli/test_commands.py::test_no_cell_of_printed_metrics_is_a_formula",
         "dashboard/test_tables.py::test_an_answer_as_csv_holds_no_formula_and_is_whole",
         "dashboard/test_notebooks.py::test_an_answer_is_downloaded_by_our_own_hands_only"),
    ),
    Threat(
        _WRITER, "an archive that unpacks elsewhere, to links, or to more than the disk holds",
        "members stay in a folder of their own; links, devices and archives within are left out; limits",
        ("sources/test_archives.py::test_nothing_is_written_outside",
         "sources/test_archives.py::test_links_and_devices_are_refused",
         "sources/test_archives.py::test_a_bomb_is_stopped_at_the_limit",
         "sources/test_archives.py::test_the_disk_stays_usable",
         "sources/test_inputs.py::test_the_disk_stays_usable",
         "sources/test_inputs.py::test_what_unpacks_to_more_than_any_trace_is_refused",
         "sources/test_archives.py::test_too_many_members_are_stopped",
         "sources/test_archives.py::test_an_archive_in_an_archive_is_not_opened"),
    ),
    Threat(
        _WRITER, "a path or a link that leads a command elsewhere",
        "links are replaced, never followed; a path is used as it was typed, or refused",
        ("security/test_paths.py::test_an_export_takes_the_place_of_a_link_and_never_follows_it",
         "security/test_paths.py::test_a_page_takes_the_place_of_a_link_and_never_follows_it",
         "security/test_paths.py::test_a_strange_path_is_one_sentence",
         "security/test_paths.py::test_no_store_is_made_where_something_else_is",
         "security/test_foreign_backup.py::test_a_backup_never_takes_the_place_of_a_file"),
    ),
    Threat(
        _WRITER, "SQL in a name", "names are bound or looked up, never put into SQL",
        ("security/test_sql.py::test_a_name_is_never_sql",),
    ),
    Threat(
        _WRITER, "broken, endless or absurd records", "each is a row or a counted reject",
        ("sources/test_weave_hostile.py::test_a_bad_line_is_a_reject_with_its_line_and_its_reason",
         "sources/test_weave_hostile.py::test_any_text_is_kept_as_it_is"),
    ),
    Threat(
        _VIEWER, "values that no control has", "controls know their choices; nothing else is believed",
        ("browser/test_every_field.py::test_a_value_that_no_control_has_changes_nothing",),
    ),
    Threat(
        _VIEWER, "SQL on the page to explore that reads files, changes settings or never ends",
        "one SELECT, on a copy without files, network and settings; a process of its own, with limits of "
        "time and memory",
        ("security/test_sql.py::test_what_is_no_question_is_refused",
         "security/test_sql.py::test_a_question_without_an_end_is_stopped",
         "security/test_sql.py::test_memory_has_a_limit",
         "store/test_sandbox.py::test_no_question_takes_more_memory_than_it_may",
         "store/test_sandbox.py::test_who_answers_ends_with_who_asked"),
    ),
    Threat(
        _VIEWER, "files or code of the machine", "only what the pages send is heard; no path leads out",
        ("security/test_served_files.py::test_no_path_leads_out",
         "security/test_served_files.py::test_only_what_the_pages_send_is_heard",
         "security/test_served_files.py::test_no_notebook_can_be_named_and_nothing_fails_over_it",
         "security/test_served_files.py::test_no_page_tells_how_it_is_made"),
    ),
    Threat(
        _PORT, "another website in the user's browser asks", "foreign Host and Origin are refused, no CORS",
        ("server/test_guard.py::test_a_foreign_host_is_refused",
         "server/test_guard.py::test_what_changes_anything_must_come_from_the_own_pages",
         "server/test_guard.py::test_a_websocket_for_strangers_is_refused",
         "server/test_guard.py::test_no_other_website_may_read_an_answer"),
    ),
    Threat(
        _PORT, "another machine asks", "loopback only, or a token: never in addresses or logs, no guessing",
        ("server/test_login.py::test_others_are_not_served_without_a_token",
         "server/test_login.py::test_nothing_is_served_without_the_token",
         "server/test_login.py::test_guessing_is_stopped_and_nothing_is_written_down"),
    ),
    Threat(
        _HOLDS, "keys and passwords that an agent saw",
        "taken out before anything is written: inputs, outputs, errors, attributes, excerpts of rejects",
        ("security/test_secrets.py::test_every_shape_is_found_wherever_it_stands",
         "security/test_secrets.py::test_no_secret_is_in_any_table_or_view",
         "security/test_secrets.py::test_no_secret_is_in_any_file_of_the_store",
         "security/test_secrets.py::test_no_secret_is_told_or_exported",
         "security/test_secrets.py::test_nothing_of_the_demo_is_taken_for_a_secret"),
    ),
    Threat(
        _HANDS, "a catalog that reads, removes or writes files of the user, or runs SQL",
        "it may hold what stores of this project do, and nothing else; what waits for removal is forgotten",
        ("security/test_foreign_backup.py::test_a_catalog_that_holds_more_than_a_store_does_is_refused",
         "security/test_foreign_backup.py::test_nothing_of_the_users_is_removed",
         "security/test_foreign_backup.py::test_no_row_comes_from_elsewhere",
         "security/test_foreign_backup.py::test_where_the_files_stood_is_forgotten",
         "security/test_foreign_backup.py::test_no_backup_is_made_of_what_would_be_refused"),
    ),
    Threat(
        _HANDS, "parts that lead elsewhere, are links, or unpack to more than the disk holds",
        "only what the catalog lists is unpacked, below one folder, as files; limits",
        ("security/test_foreign_backup.py::test_a_part_that_leads_elsewhere_is_refused",
         "security/test_foreign_backup.py::test_a_part_that_nothing_lists_is_not_unpacked",
         "security/test_foreign_backup.py::test_a_link_among_the_parts_is_none",
         "security/test_foreign_backup.py::test_a_part_that_is_there_twice_is_refused",
         "security/test_foreign_backup.py::test_what_the_disk_has_no_room_for_is_not_begun",
         "security/test_foreign_backup.py::test_a_part_that_unpacks_to_more_than_data_does_is_refused"),
    ),
    Threat(
        "publishes a package", "a pinned version with a known vulnerability, or a licence that binds",
        "hashed pins; `scripts/audit.py` asks pip-audit and reads licences, or says that no service answered",
        ("security/test_audit.py::test_no_pin_is_known_to_be_vulnerable",
         "security/test_audit.py::test_every_licence_is_allowed_or_explained"),
    ),
)  # fmt: skip
"""Every line of the threat model."""


def table() -> str:
    """Return the threat model as README shows it."""
    lines = ["| who | could | what stops it | shown by |", "|---|---|---|---|"]
    for each in THREATS:
        files = dict.fromkeys(test.partition("::")[0] for test in each.shown_by)
        shown = ", ".join(f"`{file}`" for file in files)
        lines.append(f"| {each.who} | {each.what} | {each.stopped_by} | {shown} |")
    return "\n" + "\n".join(lines) + "\n"
