/* SPDX-License-Identifier: Apache-2.0 */
/* totals.c - control totals: headers claim them before the records come, so claims are carried until their scope ends. */
#include "iso20022.h"

#define COUNT(name, scope, rule, doc)                                                                                  \
  {                                                                                                                    \
    name, scope, PEN_FOLD_COUNT, 0, 0, rule, doc                                                                       \
  }
#define SUM(name, scope, modulo, rule, doc)                                                                            \
  {                                                                                                                    \
    name, scope, PEN_FOLD_SUM, AMOUNT_SCALE, modulo, rule, doc                                                         \
  }
const struct pen_total iso20022_totals[N_TOTALS] = {
  [TOTAL_TRANSACTION_COUNT] =
      COUNT ("transaction_count", SCOPE_MESSAGE, "transaction_count", "transactions of the message (NbOfTxs)"),
  [TOTAL_CONTROL_SUM] = SUM ("control_sum", SCOPE_MESSAGE, SUM_MODULO, "control_sum",
                             "amounts of the message, whatever their currencies (CtrlSum)"),
  [TOTAL_SETTLEMENT] = SUM ("settlement_total", SCOPE_MESSAGE, SUM_MODULO, "settlement_total",
                            "interbank settlement amounts of the message (TtlIntrBkSttlmAmt)"),
  [TOTAL_PAYMENT_COUNT] =
      COUNT ("payment_count", SCOPE_LEVEL, "payment_count", "transactions of the payment (NbOfTxs)"),
  [TOTAL_PAYMENT_SUM] = SUM ("payment_sum", SCOPE_LEVEL, SUM_MODULO, "payment_sum", "amounts of the payment (CtrlSum)"),
  [TOTAL_MOVEMENT] =
      SUM ("closing_balance", SCOPE_LEVEL, 0, "balance", "opening balance and booked entries of the statement (CLBD)"),
  [TOTAL_ENTRY_COUNT] = COUNT ("entry_count", SCOPE_LEVEL, "entry_count", "entries of the statement (TxsSummry)"),
  [TOTAL_ENTRY_SUM] = SUM ("entry_sum", SCOPE_LEVEL, SUM_MODULO, "entry_sum", "amounts of the statement's entries"),
  [TOTAL_CREDIT_COUNT] = COUNT ("credit_count", SCOPE_LEVEL, "entry_count", "credit entries of the statement"),
  [TOTAL_CREDIT_SUM] = SUM ("credit_sum", SCOPE_LEVEL, SUM_MODULO, "entry_sum", "amounts of credit entries"),
  [TOTAL_DEBIT_COUNT] = COUNT ("debit_count", SCOPE_LEVEL, "entry_count", "debit entries of the statement"),
  [TOTAL_DEBIT_SUM] = SUM ("debit_sum", SCOPE_LEVEL, SUM_MODULO, "entry_sum", "amounts of debit entries"),
};
static const uint8_t total_rule[N_TOTALS] = {
  [TOTAL_TRANSACTION_COUNT] = RULE_transaction_count,
  [TOTAL_CONTROL_SUM] = RULE_control_sum,
  [TOTAL_SETTLEMENT] = RULE_settlement_total,
  [TOTAL_PAYMENT_COUNT] = RULE_payment_count,
  [TOTAL_PAYMENT_SUM] = RULE_payment_sum,
  [TOTAL_MOVEMENT] = RULE_balance,
  [TOTAL_ENTRY_COUNT] = RULE_entry_count,
  [TOTAL_ENTRY_SUM] = RULE_entry_sum,
  [TOTAL_CREDIT_COUNT] = RULE_entry_count,
  [TOTAL_CREDIT_SUM] = RULE_entry_sum,
  [TOTAL_DEBIT_COUNT] = RULE_entry_count,
  [TOTAL_DEBIT_SUM] = RULE_entry_sum,
};

/* ---- what records add ---- */

static void
add_flush (struct iso20022 *x, unsigned total)
{
  const struct pen_out *out = x->out;
  if (out && (x->summed >> total & 1))
    iso20022_take (x, out->add (out->ctx, (int)total, x->sum[total]));
  x->sum[total] = 0;
  x->summed = (uint16_t)(x->summed & ~(1u << total));
}

void
iso20022_totals_flush (struct iso20022 *x)
{
  for (unsigned i = 0; i < N_TOTALS; i++)
    add_flush (x, i);
}

static void
add_small (struct iso20022 *x, unsigned total, int64_t v)
{
  int64_t sum;
  if (__builtin_add_overflow (x->sum[total], v, &sum))
    {
      add_flush (x, total);
      sum = v;
    }
  x->sum[total] = sum;
  x->summed = (uint16_t)(x->summed | 1u << total);
}

#define PIECE ((pen_i128)9000000000000000000)
/* The ledger takes 64 bits. A sum without modulo is told in pieces; beyond 16 of them (10^15 currency units) it is cut,
 * and will not fit. */
static void
add (struct iso20022 *x, unsigned total, pen_i128 v)
{
  if (iso20022_totals[total].modulo)
    v %= (pen_i128)SUM_MODULO;
  for (unsigned i = 0; i < 16 && (v > PIECE || v < -PIECE); i++)
    {
      add_small (x, total, (int64_t)(v < 0 ? -PIECE : PIECE));
      v += v < 0 ? PIECE : -PIECE;
    }
  if (v > PIECE || v < -PIECE)
    v = 0;
  add_small (x, total, (int64_t)v);
}

static bool
slot_is (const struct iso20022 *x, enum iso20022_slot slot, const char *text)
{
  size_t n = strlen (text);
  return x->slot[slot].n == n && memcmp (x->slot[slot].p, text, n) == 0;
}

static bool
is_due (const struct iso20022 *x, unsigned when)
{
  switch (when)
    {
    case WHEN_CREDIT:
      return slot_is (x, SLOT_SIGN, "CRDT");
    case WHEN_DEBIT:
      return slot_is (x, SLOT_SIGN, "DBIT");
    case WHEN_BOOKED:
      return x->slot[SLOT_STATUS].n == 0 || slot_is (x, SLOT_STATUS, "BOOK");
    default:
      return true;
    }
}

void
iso20022_record_totals (struct iso20022 *x)
{
  for (unsigned i = 0; i < x->n_counters; i++)
    if (x->counter[i].node == x->record && is_due (x, x->counter[i].when))
      add_small (x, x->counter[i].total, 1);
  for (unsigned i = 0; i < x->n_amounts; i++)
    if (is_due (x, x->amount[i].when))
      add (x, x->amount[i].total,
           x->amount[i].when == WHEN_BOOKED && slot_is (x, SLOT_SIGN, "DBIT") ? -x->amount[i].value
                                                                              : x->amount[i].value);
}

/* ---- what headers claim ---- */

void
iso20022_claim (struct iso20022 *x, const struct iso20022_target *t, pen_i128 v)
{
  struct iso20022_scope_state *s = &x->st.scope[t->what < N_MESSAGE_TOTALS ? 0 : 1];
  if (iso20022_totals[t->what].modulo)
    v %= (pen_i128)SUM_MODULO;
  if (v > PIECE || v < -PIECE)
    return;
  s->claim[t->what] = (int64_t)v;
  s->claimed = (uint16_t)(s->claimed | 1u << t->what);
}

/* A row of balances has ended. */
void
iso20022_balance (struct iso20022 *x)
{
  struct iso20022_state *st = &x->st;
  uint8_t bit = slot_is (x, SLOT_BALANCE, "OPBD")   ? BALANCE_OPENING
                : slot_is (x, SLOT_BALANCE, "PRCD") ? BALANCE_PREVIOUS
                : slot_is (x, SLOT_BALANCE, "CLBD") ? BALANCE_CLOSING
                                                    : 0;
  pen_i128 v = 0;
  if (!bit)
    return;
  if (pen_dec_parse (x->slot[SLOT_AMOUNT].p, x->slot[SLOT_AMOUNT].n, PEN_DEC_DIGITS, AMOUNT_SCALE, '.', &v) || v > PIECE
      || v < -PIECE || (st->balances & bit))
    st->balances |= BALANCE_VOID;
  if (slot_is (x, SLOT_SIGN, "DBIT"))
    v = -v;
  if (bit == BALANCE_CLOSING)
    st->closing = (int64_t)v;
  else if (bit == BALANCE_OPENING || !(st->balances & BALANCE_OPENING))
    st->opening = (int64_t)v;
  st->balances |= bit;
}

/* Is there one opening and one closing balance, and are all entries between them here? */
static bool
is_balanced (const struct iso20022_state *st)
{
  return (st->balances & BALANCE_CLOSING) && (st->balances & (BALANCE_OPENING | BALANCE_PREVIOUS))
         && !(st->balances & BALANCE_VOID) && !st->paged;
}

void
iso20022_scope_open (struct iso20022 *x, int scope)
{
  struct iso20022_scope_state *s = &x->st.scope[scope - SCOPE_MESSAGE];
  const struct pen_out *out = x->out;
  iso20022_totals_flush (x);
  s->open = 1;
  if (out)
    iso20022_take (x, out->open (out->ctx, scope, iso20022_span (s->key, s->n_key)));
  if (scope == SCOPE_LEVEL && is_balanced (&x->st))
    {
      s->claim[TOTAL_MOVEMENT] = x->st.closing;
      s->claimed |= 1u << TOTAL_MOVEMENT;
      add_small (x, TOTAL_MOVEMENT, x->st.opening);
    }
}

static bool
has_records (const struct iso20022 *x)
{
  for (unsigned i = 0; i < x->n_tables; i++)
    if (x->is_record[i] && x->st.count[i])
      return true;
  return false;
}

void
iso20022_scope_close (struct iso20022 *x, int scope)
{
  struct iso20022_scope_state *s = &x->st.scope[scope - SCOPE_MESSAGE];
  const struct pen_out *out = x->out;
  struct pen_claim claim[N_TOTALS];
  size_t n = 0;
  iso20022_totals_flush (x);
  if (scope == SCOPE_LEVEL && !has_records (x))
    s->claimed &= 1u << TOTAL_MOVEMENT; /* a summary without the entries that it sums */
  for (unsigned i = 0; i < N_TOTALS; i++)
    if (s->claimed >> i & 1)
      claim[n++] = (struct pen_claim){ (int)i, iso20022_severity (x, total_rule[i]), s->claim[i] };
  if (out && s->open)
    iso20022_take (
        x, out->close (out->ctx, scope, iso20022_span (s->key, s->n_key), claim, n, s->offset, s->length, s->line));
  memset (s, 0, sizeof *s);
}

void
iso20022_scope_drop (struct iso20022 *x, int scope)
{
  x->st.scope[scope - SCOPE_MESSAGE].claimed = 0;
  iso20022_scope_close (x, scope);
}
