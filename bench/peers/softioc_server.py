"""A pythonSoftIOC server with the records of the benchmark; see Records in workload.ts."""
import sys
import threading
from importlib.metadata import version

import numpy
from softioc import builder, softioc
from softioc.asyncio_dispatcher import AsyncioDispatcher

import lines

prefix, pv_count, monitor_count, element_count = sys.argv[1], *map(int, sys.argv[2:5])
dispatcher = AsyncioDispatcher()
builder.SetDeviceName(prefix)
for i in range(pv_count):
    builder.aOut(f'X{i}', initial_value=1.5, EGU='mm', PREC=3, DRVL=-1000, DRVH=1000, always_update=True)
# One processing of the trigger posts every record of the chain, all inside the IOC.
trigger = builder.aOut('T', initial_value=0.0, FLNK=f'{prefix}:M0', always_update=True)
for i in range(monitor_count):
    link = {'FLNK': f'{prefix}:M{i + 1}'} if i + 1 < monitor_count else {}
    builder.records.ai(f'M{i}', INP=f'{prefix}:T', EGU='mm', PREC=3, **link)
builder.WaveformOut('BIG', initial_value=numpy.arange(element_count, dtype='float64'))
builder.LoadDatabase()
softioc.iocInit(dispatcher)

posting = threading.Event()
poster = None
posted = 0


def post_loop():
    global posted
    value = 0.0
    while posting.is_set():
        value += 1
        trigger.set(value)
        posted += 1


def start(_request):
    global poster, posted
    posted = 0
    posting.set()
    poster = threading.Thread(target=post_loop, daemon=True)
    poster.start()


def stop(_request):
    posting.clear()
    poster.join()
    return {'posted': posted * monitor_count}


lines.serve({'start': start, 'stop': stop},
            {'versions': {name: version(name) for name in ('softioc', 'epicscorelibs', 'pvxslibs')}})
