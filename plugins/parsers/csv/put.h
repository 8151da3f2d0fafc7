/* SPDX-License-Identifier: Apache-2.0 */
/* put.h - one column of the rows that wait, on its way into the table. */
#ifndef CSV_PUT_H
#define CSV_PUT_H
#include "csv.h"

#define READ_AHEAD 32 /* bytes that a short way may read behind a cell's first byte */

/* One column of the waiting rows. */
struct job
{
  struct csv *c;
  const struct csv_column *col;
  struct pen_col *to;
  const struct csv_cell *cell; /* of the first row */
  size_t stride, n;
  int64_t row;         /* the table's, of the first one */
  const uint8_t *safe; /* up to here READ_AHEAD bytes can be read */
  uint8_t *bad;        /* by row */
  size_t n_bad;
  bool sums;
};

/* Puts column i; rows with a bad cell are marked. */
void csv_put_column (struct csv *c, size_t i, struct job *j);

#endif
