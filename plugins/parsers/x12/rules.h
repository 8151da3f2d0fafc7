/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - every rule by its stable code and the level that it has by default: one list makes the enum, the options and
 * the docs.
 *
 * X (code, level, doc); levels: O off, W warn, R reject. A reject within a transaction set refuses that set; a reject of
 * an interchange or group header refuses the sets inside; sets elsewhere in the file go on. */
#ifndef X12_RULES_H
#define X12_RULES_H

/* clang-format off */
#define X12_RULES(X) \
  /* framing */ \
  X (text_outside,           R, "text outside of any interchange") \
  X (unterminated,           W, "the last segment of the file has no terminator") \
  X (empty_segment,          W, "two terminators follow each other") \
  X (line_break,             R, "a line break inside a segment: terminators are mixed, or the file was wrapped") \
  X (control_character,      W, "an element holds a control character") \
  X (encoding,               R, "an element is not in the encoding that the option says") \
  X (segment_id,             R, "a segment id is not two or three letters and digits") \
  X (segment_elements,       R, "a segment has more elements than any segment may have") \
  /* interchange */ \
  X (isa_width,              R, "an ISA element has not its fixed width") \
  X (isa_version,            R, "ISA12 is no version of the standard") \
  X (isa_date,               W, "ISA09 or ISA10 is no date or time") \
  X (missing_iea,            R, "an interchange has no IEA") \
  X (interchange_control,    R, "IEA02 differs from ISA13") \
  X (control_number_text,    W, "control numbers are equal as numbers, but not as texts") \
  X (interchange_groups,     R, "IEA01 is not the number of groups") \
  X (duplicate_interchange,  R, "ISA13 was used before in this file") \
  X (used_interchange,       O, "ISA13 was used by this sender for this receiver in a file that was accepted before; the file is refused") \
  /* group */ \
  X (missing_gs,             R, "a GE or a transaction set is outside of any group") \
  X (group_header,           R, "a GS element is missing or malformed") \
  X (release,                R, "GS08 is no release of the standard, or not one that the set's definition is for") \
  X (missing_ge,             R, "a group has no GE") \
  X (group_control,          R, "GE02 differs from GS06") \
  X (group_sets,             R, "GE01 is not the number of transaction sets") \
  X (duplicate_group,        R, "GS06 was used before in this interchange") \
  /* transaction set */ \
  X (refused_envelope,       R, "the interchange or group around a transaction set is refused") \
  X (functional_id,          W, "GS01 does not fit ST01") \
  X (missing_st,             R, "an SE without its ST") \
  X (stray_segment,          R, "a segment is outside of any transaction set") \
  X (missing_se,             R, "a transaction set has no SE") \
  X (set_header,             R, "an ST or SE element is missing or malformed") \
  X (set_control,            R, "SE02 differs from ST02") \
  X (set_segments,           R, "SE01 is not the number of segments") \
  X (duplicate_set,          R, "ST02 was used before in this group") \
  X (binary_segment,         R, "a binary segment (BIN, BDS): its data may hold any byte, delimiters, too") \
  /* by definition */ \
  X (unexpected_segment,     R, "a segment that the definition has not here (only with unknown_segments = reject)") \
  X (segment_order,          W, "a segment comes later than the definition has it") \
  X (segment_repeat,         W, "a segment or loop occurs more often than the definition allows") \
  X (mandatory_segment,      R, "a mandatory segment is missing") \
  X (mandatory_element,      R, "a mandatory element is missing") \
  X (element_length,         W, "an element is shorter or longer than the definition says") \
  X (element_code,           W, "an element is not one of the codes that the definition lists") \
  X (element_number,         R, "an element is not a number of its type") \
  X (element_date,           R, "an element is not a date") \
  X (element_time,           R, "an element is not a time of day") \
  X (hl_number,              W, "HL01 are not 1, 2, 3 ...") \
  X (hl_parent,              R, "HL02 names no HL before it") \
  X (ctt_count,              R, "CTT01 is not the number of line items") \
  X (ctt_hash,               W, "CTT02 is not the sum of the quantities") \
  X (tds_total,              W, "TDS01 is not what lines, charges and taxes add up to")
/* clang-format on */

#define X12_RULE_ENUM(code, ...) RULE_##code,
enum x12_rule
{
  X12_RULES (X12_RULE_ENUM) N_RULES
};
enum x12_level
{
  LEVEL_OFF,
  LEVEL_WARN,
  LEVEL_REJECT,
};
#endif
