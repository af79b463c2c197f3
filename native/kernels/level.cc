#define OSTINATO_TEXT_(x) #x
#define OSTINATO_TEXT(x) OSTINATO_TEXT_(x)

namespace ostinato::OSTINATO_LEVEL {

const char* LevelName() { return OSTINATO_TEXT(OSTINATO_LEVEL); }

}  // namespace ostinato::OSTINATO_LEVEL
