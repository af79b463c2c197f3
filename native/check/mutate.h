// Breaks programs at random: each must be refused, or run without touching what is not its own.
#pragma once
#include <cstdint>
#include <vector>

#include "program_file.h"

namespace ostinato::check {

/** Returns false where nothing was refused or nothing ran: then the test shows nothing. */
bool Mutate(const std::vector<ProgramFile>& files, int count, uint64_t seed);

}  // namespace ostinato::check
