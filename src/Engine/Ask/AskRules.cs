using System.Text;
using System.Text.RegularExpressions;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask.Catalog;
using Quorate.Models.Panel;

namespace Quorate.Engine.Ask;

/// <summary>What may be asked, and what a request means for one panel.</summary>
internal static partial class AskRules
{
    private const int MaxShown = 60;

    /// <exception cref="QuorateException">Input: a field is out of its limits, or names something unknown.</exception>
    public static Agenda Plan(AskRequest request, IModelPanel panel, AskOptions options)
    {
        CheckQuery(request.Query);
        var domain = Domain.Find(request.Domain)
            ?? throw Unknown("domain", request.Domain, Domain.All.Select(d => d.Name));
        var members = Choose("models", request.Models, panel);
        var aggregator = request.Aggregator is null ? null : Find("aggregator", request.Aggregator, panel);
        if (aggregator is { Embedded: true })
        {
            throw QuorateException.Input("aggregator_embedded", $"aggregator: {aggregator.Name} quotes documents and writes no summaries", $"allowed: {List(panel.Members.Where(m => !m.Embedded).Select(m => m.Name))}");
        }

        var (question, choices) = ReadChoices(request);
        var seats = Seat(request, members, panel);
        var aggregators = panel.Members.Where(m => !m.Embedded)
            .OrderBy(m => m.Name == aggregator?.Name ? 0 : m.Aggregator ? 1 : members.Contains(m) ? 2 : 3);
        return new Agenda(
            request with { Domain = domain.Name, Aggregator = aggregator?.Name, Choices = choices, Models = [.. members.Select(m => m.Name)] },
            domain, choices, question, seats, [.. aggregators]) { Quorum = options.QuorumOf(seats.Count) };
    }

    private static void CheckQuery(string query)
    {
        if (string.IsNullOrWhiteSpace(query))
        {
            throw QuorateException.Input("query_empty", "query: there is no question", $"1 to {AskRequest.MaxQuery} characters are allowed");
        }

        if (query.Length > AskRequest.MaxQuery)
        {
            throw QuorateException.Input("query_too_long", $"query: {query.Length} characters", $"1 to {AskRequest.MaxQuery} characters are allowed");
        }

        try
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(query);
        }
        catch (EncoderFallbackException e)
        {
            throw QuorateException.Input("query_encoding", $"query: the character at {e.Index} is half of one", "text in valid Unicode is needed", e);
        }

        if (query.Contains('\uFFFD', StringComparison.Ordinal) || query.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')))
        {
            throw QuorateException.Input("query_encoding", "query: it holds control characters, or bytes that were no UTF-8", "plain text in UTF-8 is needed");
        }
    }

    private static IReadOnlyList<MemberInfo> Choose(string field, IReadOnlyList<string> names, IModelPanel panel)
    {
        var chosen = names.Select(n => Find(field, n, panel)).ToHashSet();
        return names.Count == 0 ? panel.Members : [.. panel.Members.Where(chosen.Contains)];
    }

    private static MemberInfo Find(string field, string name, IModelPanel panel) =>
        panel.Members.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw Unknown(field, name, panel.Members.Select(m => m.Name));

    private static IReadOnlyList<Seat> Seat(AskRequest request, IReadOnlyList<MemberInfo> members, IModelPanel panel)
    {
        var roles = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, role) in request.Roles)
        {
            if (!roles.TryAdd(Find("roles", name, panel).Name, role))
            {
                throw QuorateException.Input("roles_twice", $"roles: {PlainText.Line(name, MaxShown)} is there twice", "one role for each member is allowed");
            }
        }

        if (roles.Keys.Except(members.Select(m => m.Name)).FirstOrDefault() is { } unasked)
        {
            throw QuorateException.Input("role_unused", $"roles: {unasked} is not asked", $"members asked: {List(members.Select(m => m.Name))}");
        }

        var random = new Random(request.Seed);
        return [.. members.Select(m => new Seat(m, RoleOf(roles.GetValueOrDefault(m.Name) ?? m.Role, random)))];
    }

    private static EthicalRole? RoleOf(string? name, Random random) =>
        name is null ? null
        : string.Equals(name, EthicalRole.Random, StringComparison.OrdinalIgnoreCase) ? EthicalRole.All[random.Next(EthicalRole.All.Count)]
        : EthicalRole.Find(name) ?? throw Unknown("roles", name, EthicalRole.All.Select(r => r.Name).Append(EthicalRole.Random));

    private static (string Question, IReadOnlyList<string> Choices) ReadChoices(AskRequest request)
    {
        if (request.QuestionType != QuestionType.MultipleChoice)
        {
            return request.Choices.Count == 0 ? (request.Query, [])
                : throw QuorateException.Input("choices_unused", $"choices: given for a question of type {QuestionTypes.NameOf(request.QuestionType)}", "only a multiple choice question has choices");
        }

        var lines = request.Query.ReplaceLineEndings("\n").Split('\n');
        var found = request.Choices.Count > 0 ? [] : lines.Select(l => ChoiceLine().Match(l)).Where(m => m.Success).ToList();
        var choices = request.Choices.Count > 0 ? request.Choices : [.. found.Select(m => m.Groups["text"].Value.Trim())];
        if (choices.Count is < 2 or > AskRequest.MaxChoices || choices.Any(c => string.IsNullOrWhiteSpace(c) || c.Length > AskRequest.MaxChoice || c.Any(char.IsControl)))
        {
            throw QuorateException.Input("choices", $"choices: {choices.Count} given", $"a multiple choice question needs 2 to {AskRequest.MaxChoices} of 1 to {AskRequest.MaxChoice} characters each, as choices or as lines of the query such as 'A) …'");
        }

        if (choices.GroupBy(c => c.Trim(), StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw QuorateException.Input("choices", $"choices: '{PlainText.Line(twice.Key, MaxShown)}' is given twice", "choices that differ are needed, or their votes would be split");
        }

        return (found.Count == 0 ? request.Query : string.Join('\n', lines.Where(l => !ChoiceLine().IsMatch(l))).Trim(), choices);
    }

    private static QuorateException Unknown(string field, string value, IEnumerable<string> allowed) =>
        QuorateException.Input(field + "_unknown", $"{field}: '{PlainText.Line(value, MaxShown)}' is unknown", $"allowed: {List(allowed)}");

    private static string List(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } list ? list : "none";

    [GeneratedRegex(@"^\s*\(?[A-Za-z]\s?[).:]\s+(?<text>\S.*)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ChoiceLine();
}
