"""pyepics, that is libca, driven by the tests."""
import epics
from epics import ca, dbr

import wire

channels = {}
subscriptions = {}


def channel(request):
    name = request['pv']
    if name not in channels:
        chid = ca.create_channel(name, connect=False, auto_cb=False)
        channels[name] = chid
    chid = channels[name]
    if not ca.isConnected(chid) and not ca.connect_channel(chid, timeout=request.get('timeout', 5.0)):
        ca.clear_channel(channels.pop(name))
        raise TimeoutError(f'{name} not found')
    return chid


def info(request):
    chid = channel(request)
    return {'type': ca.field_type(chid), 'count': ca.element_count(chid), 'host': ca.host_name(chid),
            'read': ca.read_access(chid), 'write': ca.write_access(chid)}


def get(request):
    chid = channel(request)
    kind = request.get('form', 'time')
    ftype = request.get('ftype')
    if ftype is None:
        ftype = ca.promote_type(chid, use_time=kind == 'time', use_ctrl=kind == 'ctrl')
    data = ca.get_with_metadata(chid, ftype=ftype, count=request.get('count'), as_string=request.get('string', False),
                                timeout=request.get('timeout', 5.0))
    if data is None:
        raise TimeoutError(f'{request["pv"]}: no reply')
    return data


def put(request):
    chid = channel(request)
    value = wire.decode(request['value'])
    as_text = isinstance(value, str) and ca.field_type(chid) == dbr.ENUM
    return ca.put(chid, value, wait=request.get('wait', True), timeout=request.get('timeout', 5.0),
                  ftype=dbr.STRING if as_text else None)


def monitor(request):
    chid = channel(request)
    key = request['key']

    def on_value(value=None, **kw):
        wire.send({'event': 'monitor', 'key': key, 'value': wire.encode(value),
                   'severity': kw.get('severity'), 'status': kw.get('status'), 'time': kw.get('timestamp')})
    subscriptions[key] = ca.create_subscription(chid, callback=on_value, use_time=True, mask=request.get('mask', 7))


def unmonitor(request):
    ca.clear_subscription(subscriptions.pop(request['key'])[2])


def threaded(function):
    def call(request):
        ca.use_initial_context()
        return function(request)
    return call


ca.initialize_libca()
wire.serve({name: threaded(function) for name, function in
            {'info': info, 'get': get, 'put': put, 'monitor': monitor, 'unmonitor': unmonitor}.items()})
