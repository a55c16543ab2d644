"""JSON lines on standard input and output: requests {id, op, ...} in, {id, ok} or {id, error} out."""
import json
import sys


def percentiles(durations):
    """Median and 99th percentile in microseconds."""
    ordered = sorted(durations)
    pick = lambda part: ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1e6
    return {'p50': pick(0.5), 'p99': pick(0.99)}


def send(message):
    sys.stdout.write(json.dumps(message) + '\n')
    sys.stdout.flush()


def serve(handlers, ready=None):
    """Answers requests until standard input ends. `ready` is told to the caller first."""
    send({'event': 'ready', **(ready or {})})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            send({'id': request['id'], 'ok': handlers[request['op']](request)})
        except BaseException as error:
            send({'id': request['id'], 'error': f'{type(error).__name__}: {error}'})
