"""What other systems call our fields, and the words that they write for yes, no and unknown."""

NAMES = {
    "id": (
        *("runid", "spanid", "callid", "trialid", "instanceid", "trajectoryid", "sessionid"),
        *("traceid", "resultid", "recordid", "uuid", "guid", "id", "taskid", "dirname", "name"),
    ),
    "trace_id": ("traceid", "runid", "sessionid", "conversationid", "trajectoryid"),
    "parent_id": ("parentid", "parentspanid", "parentcallid", "parentrunid"),
    "thread_id": ("threadid", "conversationid"),
    "project": ("project", "projectid", "projectname"),
    "task": (
        *("task", "taskid", "taskname", "instanceid", "problemid", "problem", "issue", "issueid"),
        *("issueiid", "case", "caseid", "question", "testcase", "specificissue", "taskdescription"),
    ),
    "attempt": ("attempt", "trial", "attemptnumber", "trialnumber", "epoch", "repeat", "seed"),
    "variant": ("variant", "version", "versions", "arm", "config", "experiment", "promptversion"),
    "repo": ("repo", "repository", "repourl", "reponame", "project", "projectid"),
    "batch": ("batch", "batchid", "dirname", "benchmark", "suite", "evalid", "evaluation"),
    "mode": ("mode", "executionmode", "editformat", "format"),
    "agent": ("agent", "agentname", "agentid", "system", "scaffold", "harness"),
    "model": ("model", "modelname", "llmmodel", "modelid", "modelnameorpath", "llm", "engine"),
    "provider": ("provider", "llmprovider", "modelprovider", "vendor"),
    "temperature": ("temperature", "llmtemperature"),
    "complexity": ("complexity", "complexityscore", "difficulty"),
    "op": ("op", "opname", "operation", "spantype", "eventtype", "steptype"),
    "tool": ("tool", "toolname", "functionname"),
    "started_at": (
        *("startedat", "starttime", "start", "createdat", "timestamp", "begin", "began", "date"),
        *("time", "startdate", "starttimestamp", "ts"),
    ),
    "ended_at": ("endedat", "endtime", "end", "finishedat", "completedat", "stoppedat", "enddate"),
    "duration": (
        *("duration", "elapsed", "latency", "runtime", "walltime", "wallclock", "executiontime"),
        *("timetaken", "totaltime", "elapsedtime"),
    ),
    "status": ("status", "state", "exitstatus"),
    "passed": (
        *("resolved", "passed", "verified", "solved", "correct", "iscorrect", "ispassed"),
        *("isresolved", "reward", "score", "pass", "testspassed"),
    ),
    "claimed": ("success", "successful", "succeeded", "issuccess", "outcome", "result", "claimed"),
    "error_type": ("errortype", "exception", "exceptiontype", "errorclass"),
    "error_message": ("errormessage", "error", "exceptionmessage"),
    "input_tokens": (
        *("inputtokens", "prompttokens", "tokensinput", "tokensin", "tokenssent", "ninputtokens"),
    ),
    "output_tokens": (
        *("outputtokens", "completiontokens", "tokensoutput", "tokensout", "tokensreceived"),
        "noutputtokens",
    ),
    "cache_read_tokens": ("cachereadtokens", "cachereadinputtokens", "cachedtokens", "cacheread"),
    "cache_write_tokens": (
        *("cachewritetokens", "cachecreationtokens", "cachecreationinputtokens", "cachewrite"),
    ),
    "reasoning_tokens": ("reasoningtokens", "thinkingtokens"),
    "cost_usd": (
        *("costusd", "cost", "totalcost", "totalcostusd", "price", "estimatedcostusd", "usd"),
        *("instancecost", "costcents", "estimatedcost"),
    ),
    "tools": ("toolcalls", "tools", "toolcounts", "toolusage"),
    "messages": ("messages", "traj", "trajectory", "conversation", "history", "transcript"),
    "turns": ("turns", "numturns", "nturns", "steps", "numsteps", "nsteps", "turncount"),
    "tool_calls": ("toolcalls", "totaltoolcalls", "numtoolcalls", "toolcallscount", "ntoolcalls"),
    "iterations": ("iterations", "numiterations", "rounds"),
    "errors": ("errors", "totalerrors", "numerrors", "erroroutputs", "errorcount"),
    "retries": ("retries", "totalretries", "retrycount", "totalagentretries"),
    "tests_total": ("teststotal", "totaltests", "numtests", "ntests"),
    "tests_passed": ("testspassed", "passedtests", "passed"),
    "runs_total": ("runstotal", "totalruns", "testcases", "numcases", "ncases", "totalissues"),
    "runs_passed": (
        *("runspassed", "passedruns", "passnum2", "passnum1", "numpassed", "successfulissues"),
        "passcount",
    ),
    "runs_failed": ("runsfailed", "failedruns", "failedissues", "numfailed"),
    "pass_rate": ("passrate", "passrate2", "passrate1", "successrate", "successratepercent"),
    "bug_type": ("bugtype", "failurecategory", "category"),
    "error_kind": ("errorkind",),
    "diff": ("diff", "patch", "modelpatch", "submission"),
    "commit_sha": ("commitsha", "commithash", "commit", "sha", "basecommit"),
    "commits": ("commits", "numcommits"),
    "coverage": ("coverage", "testcoverage", "coveragepercent", "testcoveragepercent"),
    "lines_added": ("linesadded", "additions"),
    "lines_removed": ("linesremoved", "linesdeleted", "deletions"),
    "files_created": ("filescreated",),
    "files_modified": ("filesmodified", "fileschanged"),
    "files_deleted": ("filesdeleted",),
    "pipeline_attempts": ("pipelineattempts", "totalpipelineattempts"),
    "pipelines_passed": ("succeededpipelines", "pipelinespassed"),
    "pipelines_failed": ("failedpipelines", "pipelinesfailed"),
    "debugging_cycles": ("debuggingcycles", "totaldebuggingcycles"),
    "debugging_resolved": ("resolvedcycles", "resolveddebuggingcycles"),
    "first_time_right": ("firsttimeright",),
}
"""Our field -> names of columns that mean it, the likeliest first, in small letters and digits alone."""

PASS = frozenset(
    (
        *("true", "1", "yes", "pass", "passed", "success", "succeeded", "successful", "resolved"),
        *("solved", "correct"),
    )
)
FAIL = frozenset(
    (
        *("false", "0", "no", "fail", "failed", "failure", "unresolved", "unsolved", "incorrect"),
        *("wrong", "not_resolved"),
    )
)
RUNNING = frozenset(("running", "in_progress", "pending", "started", "queued"))
ERROR = frozenset(
    ("error", "failed", "failure", "crashed", "exception", "timeout", "cancelled", "aborted")
)
OK = frozenset(
    (
        *("ok", "completed", "complete", "done", "finished", "success", "succeeded", "submitted"),
        "closed",
    )
)
NULL = frozenset(("unknown", "n/a", "na", "none", "null", "nan", "-", "?", "undefined"))
"""Words in small letters, without the empty one, that mean it."""

TIME_UNITS = {"epoch_s": 1e9, "epoch_ms": 1e12, "epoch_us": 1e15, "epoch_ns": 1e18}
"""Unit of a number that is a time of these decades -> the least such number."""

SUFFIXES = {
    "ms": ("milliseconds", "millis", "msec", "ms"),
    "us": ("microseconds", "micros", "us"),
    "ns": ("nanoseconds", "nanos", "ns"),
    "min": ("minutes", "mins"),
    "h": ("hours",),
    "s": ("seconds", "secs", "sec", "s"),
}
"""Unit of time -> how the name of a column ends that is in it."""
