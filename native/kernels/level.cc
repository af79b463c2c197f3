#include "kernels.h"

#define OSTINATO_TEXT_(x) #x
#define OSTINATO_TEXT(x) OSTINATO_TEXT_(x)

namespace ostinato::OSTINATO_LEVEL {

namespace {

constexpr KernelTable makeTable() {
  KernelTable made{OSTINATO_TEXT(OSTINATO_LEVEL), {}};
#define OSTINATO_ENTER(name, Name)                                                         \
  made.kernels[static_cast<int>(contract::Instruction::name)] = [](const int64_t* slots,   \
                                                                   Workspace& workspace) { \
    return name(contract::Name##Arguments::from(slots), workspace);                        \
  };
  OSTINATO_INSTRUCTIONS(OSTINATO_ENTER)
#undef OSTINATO_ENTER
  return made;
}

}  // namespace

const KernelTable table = makeTable();

}  // namespace ostinato::OSTINATO_LEVEL
