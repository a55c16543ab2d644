"""p4p's client, driven by the tests."""
from p4p.client.thread import Context
from p4p.nt import NTURI
from p4p import Value

import wire

context = Context('pva', nt=False)
unwrapping = Context('pva')
monitors = {}


def timeout(request):
    return request.get('timeout', 5.0)


def get(request):
    value = context.get(request['pv'], request=request.get('pvRequest'), timeout=timeout(request))
    return {'type': value.getID(), 'value': value.todict(), 'changed': sorted(value.changedSet())}


def put(request):
    unwrapping.put(request['pv'], wire.decode(request['value']), timeout=timeout(request),
                   request=request.get('pvRequest'), get=request.get('get', True), wait=request.get('wait'))


def rpc(request):
    args = {key: wire.decode(value) for key, value in request.get('args', {}).items()}
    def code(value):
        return {bool: '?', int: 'l', float: 'd', str: 's'}[type(value)]
    if request.get('bare'):
        argument = Value(__import__('p4p').Type([]), {})
    else:
        argument = NTURI([(key, code(value)) for key, value in args.items()]).wrap(request['pv'], kws=args)
    reply = context.rpc(request['pv'], argument, timeout=timeout(request))
    return None if reply is None else reply.todict()


def monitor(request):
    key = request['key']

    def on_value(value):
        if isinstance(value, Exception):
            wire.send({'event': 'monitor', 'key': key, 'error': type(value).__name__})
        else:
            wire.send({'event': 'monitor', 'key': key, 'value': wire.encode(value.todict()),
                       'changed': sorted(value.changedSet())})
    monitors[key] = context.monitor(request['pv'], on_value, request=request.get('pvRequest'),
                                    notify_disconnect=True)


def unmonitor(request):
    monitors.pop(request['key']).close()


wire.serve({'get': get, 'put': put, 'rpc': rpc, 'monitor': monitor, 'unmonitor': unmonitor})
