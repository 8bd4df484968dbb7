#include "atproto/lexicon/lexicon_compile.hpp"

#include "atproto/lexicon/lexicon_reader.hpp"
#include "atproto/syntax/syntax.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace prism::atproto::detail {
namespace {

namespace json = boost::json;

// A definition is named by document and name: `app.bsky.feed.post#main`.
struct definition_name {
  std::string document;
  std::string name;

  // As written in a `$type`, which omits `#main`.
  [[nodiscard]] std::string type() const {
    return name == "main" ? document : document + '#' + name;
  }
};

class compiler {
public:
  expected<lexicon_graph> run(std::span<const lexicon_text> lexicons) {
    for (const auto& lexicon : lexicons)
      add_document(lexicon);
    for (const auto& [id, document] : documents_) {
      if (const auto* main = find_definition({id, "main"}); main != nullptr) {
        if (const auto* type = main->if_contains("type"); type != nullptr && *type == "record")
          graph_.records.emplace(id, compile_definition({id, "main"}));
      }
    }
    if (const auto& error = in_.first_error())
      return tl::unexpected(*error);
    return std::move(graph_);
  }

private:
  struct document {
    std::string file;
    json::value json;
  };

  void add_document(const lexicon_text& lexicon) {
    in_.enter(std::string{lexicon.name});
    json::error_code error;
    auto value = json::parse(json::string_view{lexicon.json.data(), lexicon.json.size()}, error);
    if (error) {
      in_.complain("{}", error.message());
      return;
    }
    const auto& root = in_.object(value);
    (void)in_.object(root, "defs"); // only to report its error with this place
    if (in_.optional_integer(root, "lexicon") != 1)
      in_.complain("'lexicon' must be 1");
    auto id = in_.text(root, "id");
    if (!is_valid_nsid(id)) {
      in_.complain("'id' must be an NSID");
      return;
    }
    const auto added = documents_.try_emplace(
        std::move(id), document{std::string{lexicon.name}, std::move(value)});
    if (!added.second)
      in_.complain("'{}' is in {} already", added.first->first, added.first->second.file);
  }

  // Null if there is none.
  const json::object* find_definition(const definition_name& name) {
    const auto found = documents_.find(name.document);
    if (found == documents_.end())
      return nullptr;
    const auto& defs = in_.object(found->second.json.get_object(), "defs");
    const auto* definition = defs.if_contains(name.name);
    return definition != nullptr ? definition->if_object() : nullptr;
  }

  // The id is assigned before the definition is read, since it may refer to itself.
  schema_id compile_definition(const definition_name& name) {
    const auto [known, is_new] = definitions_.try_emplace(name.type(), schema_id{0});
    if (!is_new)
      return known->second;
    const auto id = allocate();
    known->second = id;
    const auto* definition = find_definition(name);
    if (definition == nullptr) {
      in_.complain("refers to '{}', which is in none of the documents", name.type());
      return id;
    }
    const auto referrer = in_.place();
    const auto outer = std::exchange(current_, name);
    in_.enter(documents_.at(name.document).file + " #" + name.name);
    graph_.schemas[id] = compile_definition(name, *definition);
    in_.enter(referrer);
    current_ = outer;
    return id;
  }

  schema compile_definition(const definition_name& name, const json::object& in) {
    const auto type = in_.text(in, "type");
    if (type == "record")
      return compile_record(name, in);
    if (type == "object")
      return compile_object(in, name.type());
    if (type == "token")
      return choice_schema{{name.type()}};
    if (type == "ref" || type == "union" || type == "unknown") {
      in_.complain("a definition cannot be of type '{}'", type);
      return null_schema{};
    }
    return compile_value(type, in);
  }

  schema compile_record(const definition_name& name, const json::object& in) {
    if (name.name != "main")
      in_.complain("a record must be the definition 'main'");
    const auto key = in_.optional_text(in, "key").value_or("any");
    if (key != "tid" && key != "nsid" && key != "any" && !key.starts_with("literal:"))
      in_.complain("'key' must be tid, nsid, any or literal:…");
    const auto& object = in_.object(in, "record");
    if (in_.optional_text(object, "type").value_or("object") != "object")
      in_.complain("'record' must be of type object");
    return record_schema{compile_object(object, ""), name.document};
  }

  object_schema compile_object(const json::object& in, std::string type) {
    object_schema result;
    result.type = std::move(type);
    const auto required = in_.texts(in, "required");
    const auto nullable = in_.texts(in, "nullable");
    const auto& properties = in_.object(in, "properties");
    for (const auto* names : {&required, &nullable}) {
      for (const auto& name : *names)
        if (!properties.contains(name))
          in_.complain("'{}' is required or nullable but not a property", name);
    }
    for (const auto& property : properties) {
      const std::string name{property.key().data(), property.key().size()};
      result.fields.push_back({name, compile_inner(property.value(), '.' + name),
                               std::ranges::count(required, name) > 0,
                               std::ranges::count(nullable, name) > 0});
    }
    return result;
  }

  // A schema inside another one. References do not become schemas of their own.
  schema_id compile_inner(const json::value& value, const std::string& step) {
    const auto outer = in_.place();
    in_.enter(outer + step);
    const auto& in = in_.object(value);
    const auto type = in_.text(in, "type");
    schema_id id = 0;
    if (type == "ref") {
      id = compile_definition(resolve(in_.text(in, "ref")));
    } else {
      id = allocate();
      auto compiled = compile_value(type, in);
      graph_.schemas[id] = std::move(compiled);
    }
    in_.enter(outer);
    return id;
  }

  schema compile_value(const std::string& type, const json::object& in) {
    if (in.contains("const") || in.contains("enum"))
      return compile_choice(type, in);
    if (type == "string")
      return compile_string(in);
    if (type == "integer")
      return integer_schema{in_.integer_bounds(in, "minimum", "maximum")};
    if (type == "boolean")
      return boolean_schema{};
    if (type == "object")
      return compile_object(in, "");
    if (type == "array")
      return compile_array(in);
    if (type == "union")
      return compile_union(in);
    if (type == "blob")
      return compile_blob(in);
    if (type == "bytes")
      return bytes_schema{in_.sizes(in, "minLength", "maxLength")};
    if (type == "cid-link")
      return link_schema{};
    if (type == "unknown")
      return unknown_schema{};
    if (type != "null")
      in_.complain("unknown type '{}'", type);
    return null_schema{};
  }

  schema compile_string(const json::object& in) {
    string_schema result;
    result.bytes = in_.sizes(in, "minLength", "maxLength");
    result.graphemes = in_.sizes(in, "minGraphemes", "maxGraphemes");
    if (const auto name = in_.optional_text(in, "format")) {
      result.format = parse_string_format(*name);
      if (!result.format)
        in_.complain("unknown string format '{}'", *name);
    }
    return result;
  }

  // A `const` is an enumeration of one.
  schema compile_choice(const std::string& type, const json::object& in) {
    choice_schema result;
    const auto add = [&](const json::value& value) {
      if (type == "string" && value.is_string())
        result.values.emplace_back(
            std::string{value.get_string().data(), value.get_string().size()});
      else if (type == "integer" && value.is_int64())
        result.values.emplace_back(value.get_int64());
      else if (type == "boolean" && value.is_bool())
        result.values.emplace_back(value.get_bool());
      else
        in_.complain("'const' or 'enum' has a value that is no {}", type);
    };
    if (const auto* only = in.if_contains("const"))
      add(*only);
    else
      std::ranges::for_each(in_.array(in, "enum"), add);
    return result;
  }

  schema compile_array(const json::object& in) {
    array_schema result;
    result.size = in_.sizes(in, "minLength", "maxLength");
    const auto* items = in.if_contains("items");
    if (items == nullptr)
      in_.complain("'items' is missing");
    else
      result.items = compile_inner(*items, "[]");
    return result;
  }

  schema compile_blob(const json::object& in) {
    blob_schema result;
    result.accept = in_.texts(in, "accept");
    if (in.contains("accept") && result.accept.empty())
      in_.complain("'accept' is empty");
    result.max_size = in_.optional_integer(in, "maxSize");
    return result;
  }

  schema compile_union(const json::object& in) {
    union_schema result;
    result.closed = in_.flag(in, "closed");
    for (const auto& ref : in_.texts(in, "refs")) {
      const auto name = resolve(ref);
      const auto* definition = find_definition(name);
      const auto type = definition != nullptr ? in_.optional_text(*definition, "type").value_or("")
                                              : std::string{"object"};
      if (type != "object" && type != "record")
        in_.complain("'{}' cannot be in a union: neither an object nor a record", ref);
      result.members.emplace(name.type(), compile_definition(name));
    }
    return result;
  }

  // `#name` is of the same document, and the prefix `lex:` of older documents means nothing.
  [[nodiscard]] definition_name resolve(std::string_view ref) const {
    constexpr std::string_view scheme = "lex:";
    if (ref.starts_with(scheme))
      ref.remove_prefix(scheme.size());
    const auto hash = ref.find('#');
    const auto document = ref.substr(0, hash);
    return {document.empty() ? current_.document : std::string{document},
            hash == std::string_view::npos ? "main" : std::string{ref.substr(hash + 1)}};
  }

  schema_id allocate() {
    graph_.schemas.emplace_back(null_schema{});
    return static_cast<schema_id>(graph_.schemas.size() - 1);
  }

  lexicon_reader in_;
  std::map<std::string, document> documents_;
  std::map<std::string, schema_id> definitions_;
  definition_name current_;
  lexicon_graph graph_;
};

} // namespace

expected<lexicon_graph> compile_lexicons(std::span<const lexicon_text> lexicons) {
  return compiler{}.run(lexicons);
}

} // namespace prism::atproto::detail
