using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Quorate.Contracts;
using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>
/// Reads rulebooks from YAML: the embedded one, then the user's files in their order. A rule replaces one of the same id,
/// a log pattern one of the same name; words are added to their group.
/// </summary>
public static class RulebookLoader
{
    private const int MaxFileBytes = 256 * 1024;
    private const int MaxRules = 500;
    private const string EmbeddedName = "default.yml";

    // Sections may refer to names of an earlier file, so all are collected before conditions are read.
    private static readonly string[] TopFields = ["text", "names", "logs", "rules"];
    private static readonly string[] RuleFields = ["id", "title", "cause", "weight", "proof", "when", "words", "evidence", "repair"];

    /// <exception cref="QuorateException">Missing: a file cannot be read. Input: a file is wrong; names file, line, rule and field.</exception>
    public static Rulebook Load(IEnumerable<string>? extraFiles = null) =>
        Parse([(EmbeddedName, ReadEmbedded()), .. (extraFiles ?? []).Select(f => (f, ReadFile(f)))]);

    /// <summary>Reads texts instead of files; the names appear in errors.</summary>
    public static Rulebook Parse(IReadOnlyList<(string Name, string Yaml)> files)
    {
        var rules = new Dictionary<string, Rule>(StringComparer.Ordinal);
        var text = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var logs = new Dictionary<string, Regex>(StringComparer.Ordinal);
        var names = new List<NameHint>();
        foreach (var (name, yaml) in files)
        {
            var file = YamlFields.Parse(name, yaml);
            file.Allow(TopFields);
            foreach (var group in file.Map("text")?.Names ?? [])
            {
                text[group] = [.. text.GetValueOrDefault(group, []), .. Folded(file.Map("text")!, group)];
            }

            foreach (var pattern in file.Map("logs")?.Names ?? [])
            {
                logs[pattern] = Pattern(file.Map("logs")!, pattern, name);
            }

            foreach (var hint in file.Maps("names"))
            {
                hint.Allow("words", "services");
                names.Add(new NameHint(Folded(hint, "words"), Pattern(hint, "services", name)));
            }

            foreach (var fields in file.Maps("rules"))
            {
                var rule = ReadRule(fields, text.Keys, logs.Keys);
                rules[rule.Id] = rule;
            }
        }

        return rules.Count <= MaxRules
            ? new Rulebook { Rules = [.. rules.Values], Text = text, Names = names, Logs = logs }
            : throw QuorateException.Input("rulebook", $"{rules.Count} rules; allowed: at most {MaxRules}");
    }

    private static Rule ReadRule(YamlFields fields, IReadOnlyCollection<string> groups, IReadOnlyCollection<string> patterns)
    {
        var rule = fields.Named("rule " + fields.Text("id"));
        rule.Allow(RuleFields);
        var when = rule.Map("when") ?? throw rule.Wrong("when", "is missing");
        var words = rule.Map("words");
        words?.Allow(groups);
        var repair = rule.Maps("repair", "type").Select(ReadStep).ToList();
        if (repair.Count == 0)
        {
            throw rule.Wrong("repair", "has no steps");
        }

        var evidence = rule.Maps("evidence", "type").Select(s => (Fields: s, Step: ReadStep(s))).ToList();
        if (evidence.Find(e => TaskCatalog.ChangesWorld(e.Step.Type)) is { Fields: not null } acting)
        {
            throw acting.Fields.Wrong("type", $"is {acting.Step.Type}, which changes the world; evidence only looks");
        }

        return new Rule
        {
            Id = rule.Text("id"),
            Title = rule.Text("title"),
            Cause = rule.Text("cause"),
            Weight = rule.Number("weight", 0, 1),
            Proof = rule.Flag("proof"),
            When = ReadCondition(when, groups, patterns),
            DriftAspects = when.Maps("any").Append(when).SelectMany(w => w.Texts("drift")).ToHashSet(StringComparer.Ordinal),
            Words = words?.Names.ToDictionary(n => n, n => words.Number(n, 0, 1), StringComparer.Ordinal) ?? [],
            Evidence = [.. evidence.Select(e => e.Step)],
            Repair = repair,
        };
    }

    private static Condition ReadCondition(YamlFields when, IReadOnlyCollection<string> groups, IReadOnlyCollection<string> patterns)
    {
        when.Allow([.. Conditions.Flags.Keys, .. Conditions.Lists.Keys, "any"]);
        var tests = new List<Func<ServiceFacts, bool>>();
        foreach (var name in when.Names.Where(n => n != "any"))
        {
            if (Conditions.Flags.TryGetValue(name, out var flag))
            {
                var wanted = when.Flag(name);
                tests.Add(facts => flag(facts) == wanted);
                continue;
            }

            var list = Conditions.Lists[name];
            var allowed = list.Allowed ?? (name is "logs" or "blamed_for" ? patterns : groups);
            var values = when.Texts(name);
            if (values.FirstOrDefault(v => !allowed.Contains(v, StringComparer.Ordinal)) is { } unknown)
            {
                throw when.Wrong(name, $"holds {unknown}; allowed: {string.Join(", ", allowed)}");
            }

            tests.Add(facts => values.Any(v => list.Applies(facts, v)));
        }

        var any = when.Maps("any").Select(m => ReadCondition(m, groups, patterns)).ToList();
        return tests.Count + any.Count > 0 ? new Condition(tests, any) : throw when.Wrong("any", "is missing and nothing else is asked; a rule without conditions would always apply");
    }

    private static StepTemplate ReadStep(YamlFields step)
    {
        step.Allow("type", "args");
        var type = step.Text("type");
        if (!TaskCatalog.Types.TryGetValue(type, out var spec))
        {
            throw step.Wrong("type", $"is {type}; allowed: {string.Join(", ", TaskCatalog.Types.Keys)}");
        }

        var args = step.Map("args");
        args?.Allow(spec.Args.Select(a => a.Name));
        return spec.Args.FirstOrDefault(a => a.Required && args?.Has(a.Name) != true) is { } missing
            ? throw step.Wrong("args", $"lacks {missing.Name}, which {type} needs")
            : new StepTemplate(type, args?.Names.ToDictionary(n => n, n => Value(args, n, spec), StringComparer.Ordinal) ?? []);
    }

    private static JsonElement Value(YamlFields args, string name, TaskTypeSpec spec) =>
        spec.Args.First(a => a.Name == name) is { Kind: ArgKind.Integer or ArgKind.Number } number
            ? QuorateJson.ToElement(args.Number(name, number.Min, number.Max))
            : QuorateJson.ToElement(args.Text(name));

    private static List<string> Folded(YamlFields fields, string name) =>
        [.. fields.Texts(name).Select(IncidentWords.Fold).Where(w => w.Length > 0)];

    private static Regex Pattern(YamlFields fields, string name, string file)
    {
        // Others' patterns run in linear time whatever they are. Ours are known not to backtrack far, and the linear
        // engine takes a tenth of a second to set up, which every start would pay.
        var engine = file == EmbeddedName ? RegexOptions.None : RegexOptions.NonBacktracking;
        try
        {
            return new Regex(fields.Text(name), engine | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(100));
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw fields.Wrong(name, $"is not a regular expression without look-around or back-references: {error.Message}");
        }
    }

    private static string ReadEmbedded()
    {
        using var stream = typeof(RulebookLoader).Assembly.GetManifestResourceStream("rules/default.yml")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static string ReadFile(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxFileBytes
                ? File.ReadAllText(path)
                : throw QuorateException.Input("rulebook", $"{path}: is larger than {MaxFileBytes} bytes");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw QuorateException.Missing("rulebook", $"{path}: cannot be read: {error.Message}", "check the path of the rules file", error);
        }
    }
}
