import "./frame/tokens.css";
import "./frame/base.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Problem } from "./data/problem";
import { applyTheme } from "./frame/theme";
import { router } from "./router";

applyTheme();

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: false,
      // Only what the network did may be tried again by itself: a refusal stays one.
      retry: (count, error) => count < 1 && error instanceof Problem && error.code === "unreachable",
      networkMode: "always",
    },
  },
});

const place = document.getElementById("root");
if (place === null) throw new Error("index.html has no #root");
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
