// The page: reads api/overview, listens to api/events, and draws everything anew. All text of servers goes in as text
// nodes, never as markup.
'use strict';

const marks = {
  ok: '●', lagging: '▲', stopped: '■', unreachable: '✖', stale: '◔',
  pending: '○', running: '◉', done: '✓', failed: '✖', skipped: '–', undone: '↶',
  alive: '●', dead: '✖', unknown: '?',
};

/** An element with a class, and children that are elements or text. */
function el(tag, className, ...children) {
  const out = document.createElement(tag);
  if (className) out.className = className;
  out.append(...children.filter((child) => child !== null && child !== ''));
  return out;
}

let hidden = '';  // RemoveTextFromHostnameDisplay
const shown = (name) => (hidden && name ? name.replaceAll(hidden, '') : name);
const chip = (text, kind = '') => el('span', `chip ${kind}`, text);
const clock = (time) => (time ? new Date(time).toLocaleTimeString() : '');
const until = (time) => (new Date(time) - Date.now() < 86400000 ? clock(time) : new Date(time).toLocaleDateString());

function span(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} m`;
}

/** Recorded times are whole seconds. */
function between(from, to) {
  if (!from || !to) return '';
  const seconds = Math.round((new Date(to) - new Date(from)) / 1000);
  return seconds ? span(seconds) : 'within a second';
}

// ---- servers ----

function stateWords(server) {
  if (server.role === 'unknown') return 'never reached';
  if (server.state === 'lagging') return `${span(server.lag)} behind`;
  if (server.state === 'stopped') return 'not replicating';
  if (server.state === 'ok' && server.lag > 0) return `ok, ${span(server.lag)} behind`;
  return server.state;
}

function badges(server) {
  const isPrimary = server.role === 'primary' || server.role === 'co-primary';
  const out = [chip(server.role, isPrimary ? 'strong' : '')];
  if (server.version) out.push(chip(server.version.split('-')[0] + (server.flavor === 'MariaDB' ? ' MariaDB' : '')));
  if (isPrimary && server.readOnly) out.push(chip('read-only', 'warn'));
  if (!isPrimary && server.role !== 'unknown' && !server.readOnly) out.push(chip('writable', 'warn'));
  if (server.gtid) out.push(chip(server.gtid));
  if (server.semiSyncSource) out.push(chip('semi-sync source'));
  if (server.semiSyncReplica) out.push(chip('semi-sync'));
  if (server.errant) out.push(chip('≠ errant GTID', 'warn'));
  if (server.rule !== 'neutral') out.push(chip(server.rule.replace('_', ' ')));
  if (server.dataCenter) out.push(chip(server.dataCenter));
  if (server.downtime) out.push(chip(`◌ downtime until ${until(server.downtimeEnd)}: ${server.downtime}`, 'warn'));
  if (server.maintenance) out.push(chip('◆ maintenance', 'warn'));
  return el('span', 'badges', ...out);
}

function serverLine(server) {
  const kind = `${server.state} ${server.role.endsWith('primary') && server.depth === 0 ? 'primary' : ''}`;
  const mark = el('span', 'mark', marks[server.state]);
  const name = el('span', 'name', shown(server.endpoint), server.alias ? ` (${server.alias})` : '');
  const trouble = server.error ? el('span', 'error', server.error) : null;
  return el('div', `server ${kind}`, mark, name, el('span', 'state soft', stateWords(server)), badges(server), trouble);
}

function tree(servers) {
  const known = new Set(servers.map((server) => server.endpoint));
  const drawn = new Set();
  const branch = (server) => {
    drawn.add(server.endpoint);
    const below = servers.filter((other) => other.source === server.endpoint && !drawn.has(other.endpoint));
    const item = el('li', '', serverLine(server));
    if (below.length) item.append(el('ul', '', ...below.map(branch)));
    return item;
  };
  const roots = servers.filter((server) => !known.has(server.source) || server.role === 'co-primary');
  const items = roots.filter((server) => !drawn.has(server.endpoint)).map(branch);
  const left = servers.filter((server) => !drawn.has(server.endpoint)).map(branch);
  return el('ul', 'tree', ...items, ...left);
}

// ---- findings and recoveries ----

function finding(it) {
  const title = el('div', 'title', el('b', '', it.code || it.structure.join(', ')), el('span', 'soft', shown(it.subject)));
  const out = el('div', `finding ${it.code && !it.downtimed ? 'acute' : ''}`, title, it.description ? el('p', '', it.description) : null);
  if (it.hesitation) out.append(el('p', 'why', el('b', '', 'Nothing is done: '), it.hesitation));
  if (it.witnesses.length) {
    out.append(el('ul', 'witnesses', ...it.witnesses.map((witness) => el('li', '',
      el('span', 'says', `${marks[witness.says]} ${witness.says}`), el('span', '', el('b', '', witness.who), ` ${witness.why}`)))));
  }
  return out;
}

function step(it) {
  const took = it.state === 'running' ? 'running' : it.tookMs ? `${it.tookMs} ms` : '';
  return el('li', it.state, el('span', 'mark', marks[it.state] || ''), el('span', '', it.what), el('span', 'took', took),
    it.message ? el('span', 'note', it.message) : null);
}

function runningCard(it) {
  const title = el('div', 'title', el('h2', '', `${it.code || 'Takeover'} of ${shown(it.failed)}`),
    el('span', 'soft', `running since ${clock(it.started)}`), it.successor ? chip(`successor ${shown(it.successor)}`, 'strong') : null);
  return el('section', 'card busy', title, it.reason ? el('p', 'soft', it.reason) : null, el('ul', 'steps', ...it.steps.map(step)));
}

const opened = new Map();  // recoveries unfolded by the reader: uid -> element with the steps

async function loadSteps(uid, into) {
  try {
    const answer = await fetch(`api/audit-recovery-steps/${encodeURIComponent(uid)}`);
    const steps = await answer.json();
    into.replaceChildren(...steps.map((line) => el('li', '', el('time', '', line.AuditAt.slice(11, 19)), el('span', '', line.Message))));
    if (!steps.length) into.replaceChildren(el('li', '', el('span'), 'no steps recorded'));
  } catch {
    into.replaceChildren(el('li', '', el('span'), 'steps could not be read'));
  }
}

function recent(it) {
  const result = it.ended ? (it.successful ? '✓' : '✖') : '◉';
  const words = it.successor ? `${shown(it.failed)} → ${shown(it.successor)}` : `${shown(it.failed)}: nobody promoted`;
  const summary = el('summary', '', `${result} ${new Date(it.started).toLocaleString()}  ${it.code}  ${words} `,
    el('span', 'soft', between(it.started, it.ended)), it.lost ? ` ${it.lost} lost` : '');
  const log = opened.get(it.uid) || el('ul', 'log');
  const out = el('details', '', summary, it.errors.length ? el('p', 'soft', it.errors.join(' · ')) : null, log);
  out.open = opened.has(it.uid);
  out.addEventListener('toggle', () => {
    if (!out.open) { opened.delete(it.uid); return; }
    if (!opened.has(it.uid)) { opened.set(it.uid, log); loadSteps(it.uid, log); }
  });
  return out;
}

// ---- the whole ----

function clusterCard(cluster, findings) {
  const mine = findings.filter((it) => it.cluster === cluster.name);
  const acute = mine.some((it) => it.code && !it.downtimed);
  const servers = cluster.servers.length;
  const title = el('div', 'title', el('h2', '', shown(cluster.alias || cluster.name)),
    cluster.alias && cluster.alias !== cluster.name ? el('span', 'soft', shown(cluster.name)) : null,
    el('span', 'soft', `${servers} server${servers === 1 ? '' : 's'}`),
    chip(cluster.automated ? 'recovers by itself' : 'recovered by hand', cluster.automated ? 'strong' : ''));
  return el('section', `card ${acute ? 'bad' : ''}`, title, tree(cluster.servers), ...mine.map(finding));
}

const weight = (cluster, findings) => findings.some((it) => it.cluster === cluster.name && it.code && !it.downtimed) * 2
  + cluster.servers.some((server) => server.state !== 'ok' && !server.downtime);

function draw(now) {
  const node = now.node;
  hidden = node.hideInNames;
  document.getElementById('node').replaceChildren(
    el('span', '', el('b', '', node.host), ` ${node.version}`),
    el('span', '', node.isLeader ? 'leads' : `follows ${node.leader || 'nobody'}`),
    node.automation ? el('span', '', 'automated recovery on') : chip('automated recovery is off', 'warn'),
    node.message ? chip(node.message, 'warn') : '');
  const clusters = [...now.clusters].sort((a, b) =>
    weight(b, now.findings) - weight(a, now.findings) || a.alias.localeCompare(b.alias));
  const parts = [...now.running.map(runningCard), ...clusters.map((cluster) => clusterCard(cluster, now.findings))];
  if (!clusters.length) parts.push(el('p', 'empty', 'No server is known yet. Discover one: orchestrator -c discover -i host:port'));
  if (now.recent.length) parts.push(el('section', 'card', el('h2', '', 'Recent recoveries'), ...now.recent.map(recent)));
  document.getElementById('main').replaceChildren(...parts);
}

let busy = false;
let again = false;

/** Reads and draws; asked for while at it, does it once more afterwards. */
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch('api/overview');
    if (answer.ok) draw(await answer.json());
  } catch (error) {
    console.warn('overview', error);
  }
  await new Promise((resume) => setTimeout(resume, 250));
  busy = false;
  if (again) { again = false; refresh(); }
}

function listen() {
  const live = document.getElementById('live');
  const source = new EventSource('api/events');
  source.addEventListener('hello', () => { live.className = 'live'; live.textContent = 'live'; refresh(); });
  for (const kind of ['cluster', 'findings', 'recovery']) source.addEventListener(kind, refresh);
  source.addEventListener('recovery', (event) => {  // it is over in a blink: leave its steps open to be read
    const { uid, kind } = JSON.parse(event.data);
    if (!uid) return;
    if (!opened.has(uid)) opened.set(uid, el('ul', 'log'));
    if (kind === 'recovery_ended') loadSteps(uid, opened.get(uid));
  });
  source.addEventListener('error', () => { live.className = 'live lost'; live.textContent = 'connection lost, trying again'; });
}

refresh();
listen();
setInterval(refresh, 10000);  // ages move even when nothing happens
