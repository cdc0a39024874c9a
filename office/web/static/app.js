// Everything here makes pages quicker; every act also works without it.
import { prepareCorners } from "./corners.js";
import { listen } from "./keys.js";
import { guardForms } from "./forms.js";
import { watch } from "./live.js";
import { prepareStrips } from "./strip.js";
import { prepareReview } from "./review.js";
import { prepareViewer } from "./viewer.js";
import { prepareWorkstation } from "./workstation.js";

document.querySelector("[data-focus]")?.focus();
listen();
prepareViewer();
prepareCorners();
prepareStrips();
prepareWorkstation();
prepareReview(); // before guardForms: its Enter comes first
guardForms();
watch();
