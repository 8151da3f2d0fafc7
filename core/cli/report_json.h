/* SPDX-License-Identifier: Apache-2.0 */
/* report_json.h - what a run says to programs on standard output: one line of JSON for progress, an error, the summary. */
#ifndef PEN_CLI_REPORT_JSON_H
#define PEN_CLI_REPORT_JSON_H
#include "core/host/run.h"

/* Lines go to what standard output is now; standard output itself becomes standard error, for a sink that writes there. Without
 * this call they go to standard output. */
void report_json_keep_output (void);
/* {"pipeline": ..., "status": ...}: the last line of a run. */
void report_json_summary (const char *pipeline, const struct run_result *s);
/* {"progress": ...}; left out where nobody has read the lines before. */
void report_json_progress (const struct run_progress *p);
/* {"error": ...}; text is escaped. */
void report_json_error (const char *text);
#endif
