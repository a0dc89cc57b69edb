"""A step as a block of code, and as a decorator."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from types import TracebackType
from typing import Any, Generic, ParamSpec, TypeVar, cast

from analytics.errors import InputError
from analytics.record import recorder
from analytics.record.folder import warn
from analytics.record.spans import CURRENT, Span

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=Span)
Inputs = Mapping[str, object] | None
Reshape = Callable[[Any], Any]


class Block(Generic[S]):
    """A step that begins where a block is entered, or where the function that it decorates is called.

    Works in ``with`` and ``async with``, on functions and coroutine functions. Each call of a
    decorated function is a step of its own; the arguments, ``self`` apart, are its inputs, and what
    it returns is its output. A block is entered once.
    """

    def __init__(
        self,
        begin: Callable[[Inputs], S],
        inputs: Inputs = None,
        shown_inputs: Reshape | None = None,
        shown_output: Reshape | None = None,
    ) -> None:
        """Prepare a step.

        Args:
            begin: makes the step from its inputs.
            inputs: what a block was called with.
            shown_inputs: makes of a function's arguments, by name, what is worth keeping.
            shown_output: makes of what a function returns what is worth keeping.
        """
        self._begin = begin
        self._inputs = inputs
        self._shown_inputs = shown_inputs
        self._shown_output = shown_output
        self._step: S | None = None
        self._outer: Span | None = None

    def __enter__(self) -> S:
        """Begin the step."""
        self._step, self._outer = _enter(self._begin, self._inputs)
        return self._step

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the step; what was raised goes on as it is."""
        if self._step is not None:
            _leave(self._step, self._outer, fault)

    async def __aenter__(self) -> S:
        """Begin the step."""
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the step."""
        self.__exit__(kind, fault, trace)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return the function with every call recorded.

        Raises:
            InputError: it is a generator, whose call is over before its work begins.
        """
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise InputError(
                f"cannot record calls of {function.__qualname__}: it is a generator. "
                "Nothing is recorded of it; put a block into it instead."
            )
        named = _arguments(function)

        def enter(args: tuple[object, ...], kwargs: dict[str, object]) -> tuple[S, Span | None]:
            inputs = named(args, kwargs)
            return _enter(self._begin, _shown(self._shown_inputs, inputs))

        def returned(step: S, result: object) -> None:
            if step.identity is not None:
                step.output(_shown(self._shown_output, result))

        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def waiting(*args: P.args, **kwargs: P.kwargs) -> Any:  # noqa: ANN401
                step, outer = enter(args, kwargs)
                try:
                    result = await function(*args, **kwargs)
                except BaseException as fault:
                    _leave(step, outer, fault)
                    raise
                returned(step, result)
                _leave(step, outer, None)
                return result

            return cast("Callable[P, R]", waiting)

        @wraps(function)
        def calling(*args: P.args, **kwargs: P.kwargs) -> R:
            step, outer = enter(args, kwargs)
            try:
                result = function(*args, **kwargs)
            except BaseException as fault:
                _leave(step, outer, fault)
                raise
            returned(step, result)
            _leave(step, outer, None)
            return result

        return calling


def _enter(begin: Callable[[Inputs], S], inputs: Inputs) -> tuple[S, Span | None]:
    step = begin(inputs)
    outer = CURRENT.get()
    told = step.identity
    if told is not None:
        CURRENT.set(step)
        step.begin()
        if told.mirrored and (mirror := recorder.current().mirror):
            mirror.enter(told)
    return step, outer


def _leave(step: Span, outer: Span | None, fault: BaseException | None) -> None:
    step.end(fault)
    told = step.identity
    # A generator may be left elsewhere than it was entered.
    if told is not None and CURRENT.get() is step:
        CURRENT.set(outer)
        if told.mirrored and (mirror := recorder.current().mirror):
            mirror.leave(told)


def _arguments(
    function: Callable[..., object],
) -> Callable[[tuple[object, ...], dict[str, object]], dict[str, object]]:
    """Return what gives the arguments of a call their names, defaults included, without self."""
    parameters = inspect.signature(function).parameters.values()
    plain = [
        each.name
        for each in parameters
        if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    rest = next((each.name for each in parameters if each.kind is each.VAR_POSITIONAL), None)
    defaults = {each.name: each.default for each in parameters if each.default is not each.empty}
    own = plain[0] if plain and plain[0] in ("self", "cls") else None

    def named(args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str, object]:
        found = {**defaults, **dict(zip(plain, args, strict=False)), **kwargs}
        if rest and len(args) > len(plain):
            found[rest] = args[len(plain) :]
        if own:
            found.pop(own, None)
        return found

    return named


def _shown(reshape: Reshape | None, value: object) -> Any:  # noqa: ANN401 - whatever it makes
    if reshape is None:
        return value
    try:
        return reshape(value)
    except Exception as fault:  # noqa: BLE001 - what is shown is not worth the call
        warn(f"{type(fault).__name__} in what was to show a step: {fault}. The run goes on.")
        return None
