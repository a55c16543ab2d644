"""pyepics, that is libca, measured."""
import itertools
import threading
import time
from importlib.metadata import version

from epics import ca

import lines

TIMEOUT = 10.0
channels = {}
subscriptions = []
counter = itertools.count(1)
target = float('inf')
reached = threading.Event()


def channel(name):
    if name not in channels:
        channels[name] = ca.create_channel(name, connect=False, auto_cb=False)
    return channels[name]


def connect(request):
    ids = [channel(name) for name in request['names']]
    for name, chid in zip(request['names'], ids):
        if not ca.isConnected(chid) and not ca.connect_channel(chid, timeout=TIMEOUT):
            raise TimeoutError(f'{name} not found')


def time_type(chid):
    # DBR_TIME_..., with alarm and time stamp: what a Snapshot has.
    return ca.promote_type(chid, use_time=True)


def checked(data):
    if data is None:
        raise TimeoutError('no reply')
    return data


def get_one(request):
    chid, clock = channel(request['names'][0]), time.perf_counter
    ftype = time_type(chid)
    durations = []
    begin = last = clock()
    for _ in range(request['count']):
        checked(ca.get_with_metadata(chid, ftype=ftype, timeout=TIMEOUT))
        now = clock()
        durations.append(now - last)
        last = now
    return {'count': len(durations), 'seconds': last - begin, **lines.percentiles(durations)}


def get_many(request):
    ids = [channel(name) for name in request['names']]
    ftype = time_type(ids[0])
    rounds = max(1, request['count'] // len(ids))
    begin = time.perf_counter()
    for _ in range(rounds):
        for chid in ids:
            ca.get_with_metadata(chid, ftype=ftype, wait=False)
        for chid in ids:
            checked(ca.get_complete_with_metadata(chid, ftype=ftype, timeout=TIMEOUT))
    return {'count': rounds * len(ids), 'seconds': time.perf_counter() - begin}


def put_one(request):
    chid, clock = channel(request['names'][0]), time.perf_counter
    durations = []
    begin = last = clock()
    for i in range(request['count']):
        if ca.put(chid, float(i % 1000), wait=True, timeout=TIMEOUT) != 1:
            raise TimeoutError('put not completed')
        now = clock()
        durations.append(now - last)
        last = now
    return {'count': len(durations), 'seconds': last - begin, **lines.percentiles(durations)}


def on_update(**_kw):
    if next(counter) >= target:
        reached.set()


def count_updates(count):
    global counter, target
    target = float('inf')
    reached.clear()
    counter = itertools.count(1)
    target = count


def subscribe(request):
    connect(request)
    count_updates(len(request['names']))
    for name in request['names']:
        subscriptions.append(ca.create_subscription(channel(name), callback=on_update, use_time=True))
    ca.flush_io()
    if not reached.wait(TIMEOUT):
        raise TimeoutError('not every subscription had its first update')


def monitor(request):
    count_updates(request['count'])
    begin = time.perf_counter()
    reached.wait(request['limitSec'])
    seconds = time.perf_counter() - begin
    return {'count': min(next(counter) - 1, request['count']), 'seconds': seconds}


def unsubscribe(_request):
    while subscriptions:
        ca.clear_subscription(subscriptions.pop()[2])
    ca.flush_io()


ca.initialize_libca()
lines.serve({'connect': connect, 'getOne': get_one, 'getMany': get_many, 'putOne': put_one, 'getArray': get_one,
             'subscribe': subscribe, 'monitor': monitor, 'unsubscribe': unsubscribe},
            {'versions': {name: version(name) for name in ('pyepics', 'epicscorelibs')}})
