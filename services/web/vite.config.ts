import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const API = process.env.CLEW_API ?? "http://127.0.0.1:7400";

/** Write a gzipped file beside each built one, so that no server packs anything while somebody waits. */
function precompressed(): Plugin {
  return {
    name: "precompressed",
    apply: "build",
    writeBundle({ dir }) {
      for (const name of readdirSync(dir ?? "", { recursive: true }).map(String)) {
        if (!/\.(js|css|html|svg)$/.test(name)) continue;
        const path = join(dir ?? "", name);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), precompressed()],
  build: {
    outDir: process.env.CLEW_UI_OUT ?? "../clew/api/static",
    emptyOutDir: true,
    assetsInlineLimit: 0, // a data: URL would need a hole in the Content-Security-Policy
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: { proxy: { "/v1": API, "/graphql": API, "/health": API, "/openapi.json": API } },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
