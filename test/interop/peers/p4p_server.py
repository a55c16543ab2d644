"""A p4p server with normative and other structures; its ports come from the environment."""
import sys
import time

import numpy
from p4p import Type, Value
from p4p.nt import NTEnum, NTNDArray, NTScalar, NTTable, NTURI
from p4p.rpc import NTURIDispatcher, rpc as rpc_method
from p4p.server import Server, StaticProvider
from p4p.server.thread import SharedPV

import wire

prefix = sys.argv[1]


class Mailbox:
    def put(self, pv, op):
        value = op.value()
        pv.post(value, timestamp=time.time())
        op.done()


class Refusing:
    def put(self, pv, op):
        op.done(error='the magnet is locked')

    def rpc(self, pv, op):
        op.done(error='no beam')


class Echo:
    def rpc(self, pv, op):
        op.done(op.value())


class Adder:
    def rpc(self, pv, op):
        query = op.value().query
        op.done(NTScalar('d').wrap(float(query.lhs) + float(query.rhs)))


struct_type = Type([('value', 'i'), ('names', 'as'), ('inner', ('S', 'inner_t', [('x', 'd'), ('flags', 'a?')])),
                    ('choice', ('U', None, [('text', 's'), ('number', 'l')])), ('any', 'v'),
                    ('list', ('aS', None, [('id', 'i'), ('label', 's')]))], id='test:struct:1.0')

pvs = {
    'double': SharedPV(nt=NTScalar('d', display=True, control=True, valueAlarm=True), initial=1.25, handler=Mailbox()),
    'int': SharedPV(nt=NTScalar('i'), initial=-7, handler=Mailbox()),
    'long': SharedPV(nt=NTScalar('l'), initial=9007199254740993, handler=Mailbox()),
    'ulong': SharedPV(nt=NTScalar('L'), initial=18446744073709551615, handler=Mailbox()),
    'float': SharedPV(nt=NTScalar('f'), initial=0.5, handler=Mailbox()),
    'bool': SharedPV(nt=NTScalar('?'), initial=True, handler=Mailbox()),
    'string': SharedPV(nt=NTScalar('s'), initial='Grüße', handler=Mailbox()),
    'doubles': SharedPV(nt=NTScalar('ad'), initial=numpy.arange(5.0), handler=Mailbox()),
    'ushorts': SharedPV(nt=NTScalar('aH'), initial=numpy.array([1, 65535], dtype='uint16'), handler=Mailbox()),
    'strings': SharedPV(nt=NTScalar('as'), initial=['a', 'b c', ''], handler=Mailbox()),
    'bytes': SharedPV(nt=NTScalar('aB'), initial=numpy.arange(256, dtype='uint8'), handler=Mailbox()),
    'big': SharedPV(nt=NTScalar('ad'), initial=numpy.arange(131072.0), handler=Mailbox()),
    'enum': SharedPV(nt=NTEnum(), initial={'index': 1, 'choices': ['Off', 'On', 'Trip']}, handler=Mailbox()),
    'table': SharedPV(nt=NTTable([('name', 's'), ('x', 'd')]),
                      initial=[{'name': 'a', 'x': 1.0}, {'name': 'b', 'x': 2.0}]),
    'image': SharedPV(nt=NTNDArray(), initial=numpy.arange(12, dtype='uint16').reshape(3, 4)),
    'struct': SharedPV(initial=Value(struct_type, {
        'value': 3, 'names': ['p', 'q'], 'inner': {'x': 2.5, 'flags': [True, False]}, 'choice': ('number', 12),
        'any': 4.5, 'list': [{'id': 1, 'label': 'one'}, {'id': 2, 'label': 'two'}]}), handler=Mailbox()),
    'readonly': SharedPV(nt=NTScalar('d'), initial=1.0),
    'refusing': SharedPV(nt=NTScalar('d'), initial=1.0, handler=Refusing()),
    'echo': SharedPV(handler=Echo()),
    'add': SharedPV(handler=Adder()),
}

provider = StaticProvider('tests')
for name, pv in pvs.items():
    provider.add(prefix + name, pv)
server = Server(providers=[provider])


def post(request):
    pvs[request['name']].post(wire.decode(request['value']), timestamp=time.time())


def current(request):
    value = pvs[request['name']].current()
    return getattr(value, 'raw', value).todict()


def close(request):
    pvs[request['name']].close(destroy=True)


def reopen(request):
    pvs[request['name']].open(wire.decode(request['value']), nt=NTScalar(request['code']))


def stop(request):
    server.stop()


wire.serve({'post': post, 'current': current, 'close': close, 'reopen': reopen, 'stop': stop,
            'conf': lambda request: server.conf()})
