// An application as one would write it: it checks what it is told, and asks for what is current. It keeps a journal, and
// so knows after a start what it knew before. Set by the environment: PORT, JOURNAL, APIS, TOKEN_FILE, SECRET_FILE, and
// UNAVAILABLE if it has to refuse all that it is told.
"use strict";
const fs = require("node:fs");
const http = require("node:http");
const { Webhook } = require("standardwebhooks");

const { PORT, JOURNAL, APIS, TOKEN_FILE, SECRET_FILE, UNAVAILABLE } = process.env;
const webhook = new Webhook(fs.readFileSync(SECRET_FILE, "utf8").trim());
const token = fs.readFileSync(TOKEN_FILE, "utf8").trim();
const versions = new Map();

function write(entry) {
  fs.appendFileSync(JOURNAL, JSON.stringify(entry) + "\n");
}

function askOne(port, path) {
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", path, headers: { authorization: `Bearer ${token}` }, timeout: 5000 };
    const request = http.get(options, async (response) => {
      try {
        let body = "";
        response.setEncoding("utf8");
        for await (const chunk of response) body += chunk;
        if (response.statusCode === 200) resolve(JSON.parse(body));
        else reject(new Error(`answered ${response.statusCode}`));
      } catch (error) {
        reject(error);
      }
    });
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", reject);
  });
}

async function ask(path) {
  let failed;
  for (const port of APIS.split(",")) {
    try {
      return await askOne(port, path);
    } catch (error) {
      failed = error;
    }
  }
  throw failed;
}

// The message says what happened, the API what is current, which may be more.
async function learn(tenantId) {
  const path = `/v1/tenants/${encodeURIComponent(tenantId)}`;
  const { status, version } = await ask(path);
  if (status !== "active") return { tenantId, status, version };
  const { clientId, secret, password, version: current } = await ask(`${path}/credentials`);
  return { tenantId, status, version: current, clientId, secret, password };
}

async function heard(message) {
  const { tenantId, version } = message.data;
  write({ heard: tenantId, version });
  if (version <= (versions.get(tenantId) ?? 0)) return;
  const known = await learn(tenantId);
  if (known.version < version) throw new Error(`version ${known.version} after ${version}`);
  if (known.version <= (versions.get(tenantId) ?? 0)) return;
  write({ known });
  versions.set(tenantId, known.version);
}

async function answer(request) {
  let body = "";
  request.setEncoding("utf8");
  for await (const chunk of request) body += chunk;
  if (UNAVAILABLE) return 503;
  let message;
  try {
    message = webhook.verify(body, request.headers);
  } catch (error) {
    write({ refused: error.message });
    return 400;
  }
  try {
    await heard(message);
    return 204;
  } catch (error) {
    console.log(`${message.data.tenantId}: ${error.message}`);
    return 503;
  }
}

if (fs.existsSync(JOURNAL)) {
  for (const line of fs.readFileSync(JOURNAL, "utf8").split("\n")) {
    const { known } = line ? JSON.parse(line) : {};
    if (known) versions.set(known.tenantId, known.version);
  }
}
const server = http.createServer(async (request, response) => {
  response.writeHead(await answer(request).catch(() => 500)).end();
});
server.listen(PORT, "127.0.0.1", () => console.log("listening"));
