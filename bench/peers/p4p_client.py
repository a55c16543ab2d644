"""p4p's client, measured."""
import itertools
import threading
import time
from importlib.metadata import version

from p4p.client.thread import Context

import lines

context = Context('pva')
TIMEOUT = 10.0
subscriptions = []
counter = itertools.count(1)
target = float('inf')
reached = threading.Event()


def connect(request):
    context.get(request['names'], timeout=TIMEOUT)


def get_one(request):
    name, get, clock = request['names'][0], context.get, time.perf_counter
    durations = []
    begin = last = clock()
    for _ in range(request['count']):
        get(name, timeout=TIMEOUT)
        now = clock()
        durations.append(now - last)
        last = now
    return {'count': len(durations), 'seconds': last - begin, **lines.percentiles(durations)}


def get_many(request):
    names = request['names']
    rounds = max(1, request['count'] // len(names))
    begin = time.perf_counter()
    for _ in range(rounds):
        context.get(names, timeout=TIMEOUT)
    return {'count': rounds * len(names), 'seconds': time.perf_counter() - begin}


def put_one(request):
    name, put, clock = request['names'][0], context.put, time.perf_counter
    durations = []
    begin = last = clock()
    for i in range(request['count']):
        put(name, float(i % 1000), timeout=TIMEOUT, get=False)
        now = clock()
        durations.append(now - last)
        last = now
    return {'count': len(durations), 'seconds': last - begin, **lines.percentiles(durations)}


def on_update(_value):
    if next(counter) >= target:
        reached.set()


def subscribe(request):
    count_updates(len(request['names']))
    for name in request['names']:
        subscriptions.append(context.monitor(name, on_update))
    if not reached.wait(TIMEOUT):
        raise TimeoutError('not every subscription had its first update')


def count_updates(count):
    global counter, target
    target = float('inf')
    reached.clear()
    counter = itertools.count(1)
    target = count


def monitor(request):
    count_updates(request['count'])
    begin = time.perf_counter()
    reached.wait(request['limitSec'])
    seconds = time.perf_counter() - begin
    return {'count': min(next(counter) - 1, request['count']), 'seconds': seconds}


def unsubscribe(_request):
    while subscriptions:
        subscriptions.pop().close()


lines.serve({'connect': connect, 'getOne': get_one, 'getMany': get_many, 'putOne': put_one, 'getArray': get_one,
             'subscribe': subscribe, 'monitor': monitor, 'unsubscribe': unsubscribe},
            {'versions': {name: version(name) for name in ('p4p', 'pvxslibs', 'numpy')}})
