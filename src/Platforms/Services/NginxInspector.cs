using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Reads nginx's configuration as nginx itself reads it (<c>nginx -T</c>), block by block. Files are not written back: the container is made anew.</summary>
internal sealed class NginxInspector(IPlatform platform, string service) : ISoftwareInspector
{
    public const string Kind = "nginx";

    private const string FileMark = "# configuration file ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    string ISoftwareInspector.Kind => Kind;

    public async Task ReadAsync(Inspection inspection, CancellationToken cancellationToken)
    {
        var outcome = await platform.ExecAsync(service, ["nginx", "-T", "-q"], Patience, cancellationToken);
        if (outcome.ExitCode != 0)
        {
            inspection.Add(new ServiceCondition(ConditionKinds.ConfigInvalid, PlainText.Line(outcome.Output, 300)));
            return;
        }

        inspection.Read("conf");
        foreach (var (place, directives) in Parse(outcome.Output))
        {
            inspection.Add("conf", place, directives);
        }
    }

    public bool CanRestore(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all) => false;

    public Task<ConfigurationRestored?> RestoreAsync(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all, CancellationToken cancellationToken) =>
        Task.FromResult<ConfigurationRestored?>(null);

    /// <summary>The directives of each block by file and path of blocks, without comments and spacing.</summary>
    internal static IReadOnlyList<(string Place, string Directives)> Parse(string text)
    {
        var blocks = new Dictionary<string, StringBuilder>(StringComparer.Ordinal);
        var order = new List<string>();
        var path = new Stack<string>();
        var file = "";
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.Trim();
            if (line.StartsWith(FileMark, StringComparison.Ordinal))
            {
                (file, path) = (line[FileMark.Length..].TrimEnd(':'), new Stack<string>());
            }
            else if (line.Length > 0 && !line.StartsWith('#') && !line.StartsWith("nginx: ", StringComparison.Ordinal))
            {
                AddLine(line);
            }
        }

        return [.. order.Select(p => (p, blocks[p].ToString().TrimEnd()))];

        void AddLine(string line)
        {
            if (line.EndsWith('{'))
            {
                path.Push(Unique(line.TrimEnd('{', ' ')));
            }
            else if (line is "}" && path.Count > 0)
            {
                path.Pop();
            }
            else
            {
                Block(Place()).Append(string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Append(' ');
            }
        }

        string Place() => string.Join(" > ", path.Reverse().Prepend(file));

        StringBuilder Block(string place)
        {
            if (!blocks.TryGetValue(place, out var block))
            {
                blocks[place] = block = new StringBuilder();
                order.Add(place);
            }

            return block;
        }

        // Two servers of one file have the same name.
        string Unique(string name)
        {
            var parent = Place();
            for (var i = 1; ; i++)
            {
                var candidate = i == 1 ? name : $"{name} #{i}";
                if (!blocks.ContainsKey($"{parent} > {candidate}"))
                {
                    Block($"{parent} > {candidate}");
                    return candidate;
                }
            }
        }
    }
}
