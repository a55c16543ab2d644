"""caproto's threading client, driven by the tests."""
from caproto.threading.client import Context
from caproto import ChannelType, field_types

import wire

context = Context()
pvs = {}
subscriptions = {}


def pv(request):
    name = request['pv']
    if name not in pvs:
        pvs[name], = context.get_pvs(name, timeout=request.get('timeout', 5.0))
    pvs[name].wait_for_connection(timeout=request.get('timeout', 5.0))
    return pvs[name]


def plain(response):
    meta = response.metadata
    result = {'data': response.data, 'type': response.data_type.name, 'count': response.data_count}
    for key in ('status', 'severity', 'units', 'precision', 'upper_disp_limit', 'lower_disp_limit', 'upper_alarm_limit',
                'upper_warning_limit', 'lower_warning_limit', 'lower_alarm_limit', 'upper_ctrl_limit',
                'lower_ctrl_limit', 'enum_strings', 'timestamp'):
        if hasattr(meta, key):
            value = getattr(meta, key)
            result[key] = float(value) if key == 'timestamp' else int(value) if key in ('status', 'severity') else value
    return result


def info(request):
    target = pv(request)
    return {'type': target.channel.native_data_type.name, 'count': target.channel.native_data_count,
            'rights': int(target.channel.access_rights)}


def get(request):
    target = pv(request)
    form = request.get('form', 'time')
    data_type = field_types[form][target.channel.native_data_type]
    return plain(target.read(data_type=data_type, timeout=request.get('timeout', 5.0)))


def put(request):
    value = wire.decode(request['value'])
    kind = ChannelType[request['type']] if 'type' in request else None
    response = pv(request).write(value if isinstance(value, (list, str)) else [value] if not hasattr(value, 'shape') else value,
                                 data_type=kind, wait=request.get('wait', True), notify=True,
                                 timeout=request.get('timeout', 5.0))
    return None if response is None else int(response.status.code_with_severity)


def monitor(request):
    key = request['key']
    subscription = pv(request).subscribe(data_type='time')

    def on_value(_subscription, response):
        wire.send({'event': 'monitor', 'key': key, 'value': wire.encode(response.data)})
    subscription.add_callback(on_value)
    subscriptions[key] = (subscription, on_value)


def unmonitor(request):
    subscriptions.pop(request['key'])[0].clear()


wire.serve({'info': info, 'get': get, 'put': put, 'monitor': monitor, 'unmonitor': unmonitor})
