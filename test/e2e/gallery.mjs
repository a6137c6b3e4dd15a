// Serves the gallery: the interface with made-up answers, built from web/.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("../../web/", import.meta.url));
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};

/** Builds the gallery into a folder. */
export async function build(folder) {
  // The settings of TypeScript stand on a file that SvelteKit makes in its usual place.
  await run(["svelte-kit", "sync"]);
  await run(["vite", "build", "--mode", "gallery", "--logLevel", "error"], {
    UNITY_WEB_BUILD: folder,
  });
}

async function run(args, env = {}) {
  const child = spawn("npx", args, {
    cwd: web,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  if (code !== 0)
    throw new Error(`building the gallery: ${args[0]} ended with ${code}`);
}

/** Serves a built gallery; every address that is no file is a page. */
export async function serve(folder, port = 0) {
  const server = createServer(async (request, response) => {
    const path = normalize(
      decodeURIComponent(new URL(request.url, "http://localhost").pathname),
    );
    const name = extname(path) === "" ? "index.html" : path;
    try {
      const content = await readFile(join(folder, name));
      response.writeHead(200, {
        "Content-Type": types[extname(name)] ?? "application/octet-stream",
      });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => server.close(),
  };
}
