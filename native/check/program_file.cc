#include "program_file.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "allocations.h"

namespace ostinato::check {

namespace {

std::vector<double> ReadDoubles(const char* path) {
  std::vector<double> result;
  std::FILE* file = std::fopen(path, "rb");
  if (file != nullptr) {
    double chunk[4096];
    for (size_t count; (count = std::fread(chunk, sizeof(double), 4096, file)) > 0;) {
      result.insert(result.end(), chunk, chunk + count);
    }
    std::fclose(file);
  }
  if (result.empty() || result[0] != ProgramFile::magic) {
    std::fprintf(stderr, "%s is not a program file\n", path);
    std::exit(2);
  }
  return result;
}

/** Reads the list from the front. */
class Reader {
 public:
  explicit Reader(const std::vector<double>& doubles) : doubles_(doubles) {}
  double next() { return doubles_.at(at_++); }
  template <typename Element>
  Element next() {
    return static_cast<Element>(next());
  }
  template <typename Element>
  std::vector<Element> list() {
    std::vector<Element> result(next<size_t>());
    for (Element& element : result) element = next<Element>();
    return result;
  }
  std::vector<Numbers> numbers() {
    std::vector<Numbers> result(next<size_t>());
    for (Numbers& entry : result) {
      entry.buffer = next<int32_t>();
      entry.offset = next<int64_t>();
      entry.tolerance = next();
      entry.values = list<double>();
    }
    return result;
  }

 private:
  const std::vector<double>& doubles_;
  size_t at_ = 1;
};

double ReadElement(const char* memory, contract::ValueType type, int64_t index) {
  switch (type) {
    case contract::ValueType::i32:
      return reinterpret_cast<const int32_t*>(memory)[index];
    case contract::ValueType::f64:
      return reinterpret_cast<const double*>(memory)[index];
    case contract::ValueType::f32:
      break;
  }
  return static_cast<double>(reinterpret_cast<const float*>(memory)[index]);
}

void WriteElement(char* memory, contract::ValueType type, int64_t index, double value) {
  switch (type) {
    case contract::ValueType::i32:
      reinterpret_cast<int32_t*>(memory)[index] = static_cast<int32_t>(value);
      break;
    case contract::ValueType::f64:
      reinterpret_cast<double*>(memory)[index] = value;
      break;
    case contract::ValueType::f32:
      reinterpret_cast<float*>(memory)[index] = static_cast<float>(value);
      break;
  }
}

double Difference(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double difference = std::fabs(a - b) / (1 + std::fabs(b));
  return std::isnan(difference) ? INFINITY : difference;
}

}  // namespace

ProgramFile ProgramFile::load(const char* path) {
  const std::vector<double> doubles = ReadDoubles(path);
  Reader reader(doubles);
  ProgramFile file;
  file.path = path;
  file.segments = reader.next<uint32_t>();
  file.status = reader.next<int32_t>();
  file.parameterElements = reader.next<int64_t>();
  file.slotElements = reader.next<int64_t>();
  file.words = reader.list<int32_t>();
  file.dimensions = reader.list<int32_t>();
  file.scalars = reader.list<double>();
  file.given = reader.numbers();
  file.expected = reader.numbers();
  return file;
}

Bench::Bench(const ProgramFile& file, const std::vector<int32_t>& words) : file_(file) {
  store = WeightStore::create(file.parameterElements, file.slotElements);
  if (store == nullptr) {
    verdict = OutOfMemory();
    return;
  }
  context = RunContext::create(store, words.data(), static_cast<int64_t>(words.size()), verdict);
}

char* Bench::memory(int32_t buffer) const {
  switch (context->program().buffers[buffer].kind) {
    case contract::BufferKind::parameters:
      return reinterpret_cast<char*>(store->parameters.begin());
    case contract::BufferKind::slots:
      return reinterpret_cast<char*>(store->slots.begin());
    default:
      return context->borders()->buffers[static_cast<size_t>(buffer)].as<char>();
  }
}

void Bench::write(const Numbers& numbers) const {
  const Program& program = context->program();
  if (numbers.buffer >= program.buffers.count) return;
  const BufferEntry& buffer = program.buffers[numbers.buffer];
  char* target = memory(numbers.buffer);
  if (target == nullptr) return;
  for (size_t i = 0; i < numbers.values.size(); ++i) {
    const int64_t index = numbers.offset + static_cast<int64_t>(i);
    if (index < buffer.elements) WriteElement(target, buffer.type, index, numbers.values[i]);
  }
}

Verdict Bench::run() {
  const Borders& borders = *context->borders();
  const auto fill = [](const auto& from, const auto& to) {
    std::copy_n(from.begin(), std::min<int64_t>(static_cast<int64_t>(from.size()), to.count()), to.begin());
  };
  fill(file_.dimensions, borders.dimensions);
  fill(file_.scalars, borders.scalars);
  for (const Numbers& numbers : file_.given) write(numbers);
  store->parametersChanged();
  if (!context->claim(file_.segments)) std::abort();
  const int64_t before = Allocations();
  const Verdict result = context->run(file_.segments);
  allocations = Allocations() - before;
  return result;
}

std::string Bench::mismatch() const {
  for (const Numbers& numbers : file_.expected) {
    const contract::ValueType type = context->program().buffers[numbers.buffer].type;
    const char* from = memory(numbers.buffer);
    for (size_t i = 0; i < numbers.values.size(); ++i) {
      const double expected = type == contract::ValueType::f32
                                  ? static_cast<double>(static_cast<float>(numbers.values[i]))
                                  : numbers.values[i];
      const double received = ReadElement(from, type, numbers.offset + static_cast<int64_t>(i));
      if (Difference(received, expected) <= numbers.tolerance) continue;
      char text[200];
      std::snprintf(text, sizeof text, "buffer %d[%lld + %zu]: expected %.9g, received %.9g", numbers.buffer,
                    static_cast<long long>(numbers.offset), i, expected, received);
      return text;
    }
  }
  return {};
}

}  // namespace ostinato::check
