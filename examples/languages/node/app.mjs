// npm install standardwebhooks, then node app.mjs where notify-secret.txt and api-token.txt are.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { PORT = 3000, API = "127.0.0.1:8081" } = process.env;
const [secret, token] = ["notify-secret.txt", "api-token.txt"].map((file) => readFileSync(file, "utf8").trim());
const versions = new Map(); // of the schools; in your database, so that they outlive the process

async function credentials(tenant) { // undefined unless the school is active
  const answer = await fetch(`http://${API}/v1/tenants/${encodeURIComponent(tenant)}/credentials`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(5000),
  });
  if (answer.ok) return answer.json();
  if (answer.status !== 404) throw new Error(`the API answers ${answer.status}`);
}

async function handle(tenant, { status, version, deletedSince }) {
  if (version <= (versions.get(tenant) ?? 0)) return; // it came before
  if (deletedSince) console.log(`${tenant}: erase what there is of it`);
  if (status === "active") {
    const found = await credentials(tenant);
    if (found) console.log(`${tenant}: active, as ${found.clientId} at ${found.host}`);
  } else {
    console.log(`${tenant}: ${status}, stop working for it`);
  }
  versions.set(tenant, version);
}

async function answer(request) {
  let body = "", message;
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  try {
    message = new Webhook(secret).verify(body, request.headers);
  } catch {
    return 401; // it is not the daemon's
  }
  await handle(message.data.tenantId, message.data);
  return 204;
}

createServer(async (request, response) => {
  const status = await answer(request).catch((error) => (console.error(error), 503)); // the daemon tells it again
  response.writeHead(status).end();
}).listen(PORT, "127.0.0.1");
