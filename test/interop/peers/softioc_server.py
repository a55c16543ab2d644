"""A softioc IOC (records over CA and PVA) with every record type the clients are tested on."""
import sys
import threading

import numpy
from softioc import alarm, builder, softioc
from softioc.asyncio_dispatcher import AsyncioDispatcher

import wire

prefix = sys.argv[1]
dispatcher = AsyncioDispatcher()
builder.SetDeviceName(prefix)

records = {
    'AI': builder.aIn('AI', initial_value=1.5, EGU='mm', PREC=3, LOPR=-100, HOPR=100, HIHI=90, HIGH=80, LOW=-80,
                      LOLO=-90, HHSV='MAJOR', HSV='MINOR', LSV='MINOR', LLSV='MAJOR', DESC='analog in'),
    'AO': builder.aOut('AO', initial_value=2.5, EGU='A', PREC=2, always_update=True),
    'LI': builder.longIn('LI', initial_value=-42),
    'LO': builder.longOut('LO', initial_value=7),
    'I64': builder.int64Out('I64', initial_value=9007199254740993),
    'BI': builder.boolIn('BI', ZNAM='Off', ONAM='On', initial_value=1),
    'BO': builder.boolOut('BO', ZNAM='Open', ONAM='Closed', initial_value=0),
    'MBBI': builder.mbbIn('MBBI', 'Zero', 'One', ('Two', 'MAJOR'), initial_value=2),
    'MBBO': builder.mbbOut('MBBO', 'Red', 'Green', 'Blue', initial_value=1),
    'SI': builder.stringIn('SI', initial_value='hello world'),
    'SO': builder.stringOut('SO', initial_value='abc'),
    'LS': builder.longStringOut('LS', length=400, initial_value='x' * 100),
    'WFD': builder.WaveformOut('WFD', initial_value=numpy.array([1.0, 2.0, 3.5])),
    'WFI': builder.WaveformOut('WFI', initial_value=numpy.array([1, -2, 3], dtype='int32')),
    'WFB': builder.WaveformOut('WFB', initial_value=numpy.array([1, 2, 255], dtype='uint8')),
    'BIG': builder.WaveformOut('BIG', initial_value=numpy.arange(131072, dtype='float64')),
    'RO': builder.aIn('RO', initial_value=3.0),
}


def slow(value):
    import time
    time.sleep(0.3)


records['SLOW'] = builder.aOut('SLOW', initial_value=0.0, on_update=slow, blocking=True, always_update=True)
builder.LoadDatabase()
softioc.iocInit(dispatcher)


def set_record(request):
    records[request['record']].set(wire.decode(request['value']))


def get_record(request):
    return records[request['record']].get()


def set_alarm(request):
    records[request['record']].set_alarm(request['severity'], request['status'])


wire.serve({'set': set_record, 'get': get_record, 'alarm': set_alarm})
