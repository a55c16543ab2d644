"""JSON lines on standard input and output: requests come in, replies and events go out."""
import json
import sys
import threading
import traceback

_lock = threading.Lock()


def encode(value):
    """Plain JSON for a value; what JSON cannot hold exactly becomes an object with one key."""
    import numpy
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, (int, numpy.integer)):
        number = int(value)
        return number if abs(number) < 2**53 else {'int': str(number)}
    if isinstance(value, (float, numpy.floating)):
        number = float(value)
        return number if number == number and abs(number) != float('inf') else {'float': repr(number)}
    if isinstance(value, bytes):
        return {'bytes': value.hex()}
    if isinstance(value, numpy.ndarray):
        return {'array': [encode(item) for item in value.ravel().tolist()], 'dtype': value.dtype.name,
                'shape': list(value.shape)}
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return {'repr': repr(value)}


def decode(value):
    """The inverse, for arguments of requests."""
    import numpy
    if isinstance(value, dict):
        if 'int' in value:
            return int(value['int'])
        if 'float' in value:
            return float(value['float'])
        if 'array' in value:
            return numpy.array([decode(item) for item in value['array']], dtype=value.get('dtype'))
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def send(message):
    text = json.dumps(message)
    with _lock:
        sys.stdout.write(text + '\n')
        sys.stdout.flush()


def serve(handlers):
    """Answers requests {id, op, ...} by handlers[op](request) until standard input ends."""
    send({'event': 'ready'})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = {'id': request['id'], 'ok': encode(handlers[request['op']](request))}
        except BaseException as error:  # The test decides what a failure means.
            reply = {'id': request['id'], 'error': str(error) or type(error).__name__,
                     'kind': type(error).__name__, 'trace': traceback.format_exc()}
        send(reply)
