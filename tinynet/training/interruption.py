"""Interruption: Ctrl-C waits until the running batch is finished."""

import signal
import threading


class HeldInterrupt:
    """Holds back Ctrl-C in a part of the code, and gives it on right after.

        with HeldInterrupt() as held:
            for batch in batches:
                with held.back:         # weights are changing
                    ...

    What happens then is what the handler from before does; Python's own raises KeyboardInterrupt. A
    second Ctrl-C is not held back. Only the main thread gets signals, so in other threads this does
    nothing.
    """

    def __init__(self):
        self.back = self._Back()

    def __enter__(self):
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler) and threading.current_thread() is threading.main_thread():
            self.back.handler = handler
            signal.signal(signal.SIGINT, self.back.receive)
        return self

    def __exit__(self, *error):
        if signal.getsignal(signal.SIGINT) == self.back.receive:
            signal.signal(signal.SIGINT, self.back.handler)

    class _Back:
        handler = None      # the one from before
        holding = False
        received = None     # the arguments of a signal that is held back

        def __enter__(self):
            self.holding = True

        def __exit__(self, *error):
            self.holding = False
            if self.received is not None:
                received, self.received = self.received, None
                self.handler(*received)

        def receive(self, *arguments):
            if self.holding and self.received is None:
                self.received = arguments
            else:
                self.handler(*arguments)
