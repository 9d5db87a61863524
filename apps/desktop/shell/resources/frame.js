// What the window itself loads: it asks the extension where the agent is, and shows the agent's own page in a frame. The page has nothing of the core's: its calls, its token, its socket are here.
// The core's client library is not used: of it this needs one message, and its way with errors replaces the whole document.

const EXTENSION = 'tidemark.window';
const said = document.getElementById('said');
let frame;
// Without it nobody else would hear that the window is to be closed.
let hasExtension = false;

const token = globalThis.NL_TOKEN;
const socket = new WebSocket(`ws://127.0.0.1:${globalThis.NL_PORT}?connectToken=${token.split('.')[1]}`);

function ask(method, data) {
  socket.send(JSON.stringify({ id: crypto.randomUUID(), method, accessToken: token, data }));
}

const hello = () => ask('extensions.dispatch', { extensionId: EXTENSION, event: 'hello', data: {} });

function show({ base, secret }) {
  const address = `${base}/#secret=${secret}`;
  if (frame?.src === address) return;
  // Another one, and not only another address: a changed fragment alone would load nothing.
  const next = document.createElement('iframe');
  next.title = 'Tidemark';
  next.allow = 'clipboard-write';
  next.src = address;
  frame?.remove();
  document.body.append(next);
  frame = next;
  said.hidden = true;
}

socket.addEventListener('open', hello);
socket.addEventListener('message', ({ data: text }) => {
  const { event, method, data } = JSON.parse(text);
  if (method === 'extensions.dispatch') hasExtension = data.error === undefined;
  // An extension that connected after this page heard nothing of it.
  else if (event === 'extClientConnect' && data === EXTENSION) hello();
  else if (event === 'extClientDisconnect' && data === EXTENSION) hasExtension = false;
  else if (event === 'windowClose' && !hasExtension) ask('app.exit', { code: 0 });
  else if (event === 'tidemarkAgent') show(data);
  else if (event === 'tidemarkProblem' && frame === undefined) said.textContent = data.message;
});
