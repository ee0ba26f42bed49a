/** How long a test waits for what it expects: far longer than it takes, as the machine may be busy. */

import { configure } from "@testing-library/react";
import { vi } from "vitest";

const PATIENCE = 20_000; // milliseconds

configure({ asyncUtilTimeout: PATIENCE });
vi.setConfig({ testTimeout: 2 * PATIENCE });
