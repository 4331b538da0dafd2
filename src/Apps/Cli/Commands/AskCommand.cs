using System.CommandLine;
using Quorate.Charts;
using Quorate.Cli.Asking;
using Quorate.Cli.Common;
using Quorate.Cli.Configuration;
using Quorate.Cli.Serving;
using Quorate.Cli.Views;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Quorate.Engine.Ask.Catalog;
using Quorate.Storage.Certificates;

namespace Quorate.Cli.Commands;

/// <summary>One question to the panel.</summary>
internal static class AskCommand
{
    private static readonly Argument<string> Text = new("text") { Description = "The question; - reads it from standard input." };
    private static readonly Option<string> DomainName = new("--domain") { Description = $"Field of expertise: {string.Join(", ", Domain.All.Select(d => d.Name))}.", DefaultValueFactory = _ => "Custom" };
    private static readonly Option<string> Type = new("--type") { Description = "open, yes-no, multiple-choice or none (the text as it is).", DefaultValueFactory = _ => "none" };
    private static readonly Option<string[]> Choice = new("--choice") { Description = "A choice of a multiple choice question; may be repeated (default: lines such as 'A) …' in the text).", HelpName = "TEXT" };
    private static readonly Option<string?> Models = new("--models") { Description = "Members to ask, by name, separated by commas (default: the whole panel).", HelpName = "A,B,C" };
    private static readonly Option<string[]> Role = new("--role") { Description = $"A member's ethical role ({string.Join(", ", EthicalRole.All.Select(r => r.Name))}, or random); may be repeated.", HelpName = "MODEL=ROLE" };
    private static readonly Option<string?> Aggregator = new("--aggregator") { Description = "The member that writes the summary.", HelpName = "MODEL" };
    private static readonly Option<string[]> Documents = new("--documents") { Description = "Folder of Markdown and text that members without a network answer from; may be repeated (default: Quorate's own documentation).", HelpName = "DIR" };
    private static readonly Option<bool> PeerReview = new("--peer-review") { Description = "Members rank each other's anonymised answers." };
    private static readonly Option<bool> SecondRound = new("--second-round") { Description = "Members see the anonymised answers of the first round and answer again." };
    private static readonly Option<bool> Weighted = new("--weighted") { Description = "Votes count by the confidence that members state." };
    private static readonly Option<int> Seed = new("--seed") { Description = "Of random roles and of the order of anonymised answers." };
    private static readonly Option<string?> Plots = new("--plots") { Description = "Write four pictures of the analysis (SVG) to this folder.", HelpName = "DIR" };
    private static readonly Option<string?> Certificate = new("--certificate") { Description = "Write the signed outcome and the keys that check it to this folder.", HelpName = "DIR" };

    public static Command Create()
    {
        var command = new Command("ask", "Put one question to a panel of models: the answer, how far they agree, and what speaks against it (exit 1 if nobody gave a usable answer).")
        {
            Text, DomainName, Type, Choice, Models, Role, Aggregator, Documents, PeerReview, SecondRound, Weighted, Seed, Plots, Certificate,
        };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, workspace => RunAsync(workspace, parse, token)));
        return command.WithExamples(
            "quorate ask \"What does a quorum certificate prove?\"",
            "quorate ask \"Should voting be compulsory?\" --type yes-no --domain Policy --role qwen=Libertarian --role llama3=Rawlsian",
            "quorate ask \"Which is safest? A) a lock B) a quorum\" --type multiple-choice --choice \"a lock\" --choice \"a quorum\" --plots ./plots");
    }

    private static async Task<int> RunAsync(Workspace workspace, ParseResult parse, CancellationToken token)
    {
        using var traces = Traces.Start();
        var request = await ReadAsync(parse, token);
        CheckWritable("--plots", parse.GetValue(Plots));
        CheckWritable("--certificate", parse.GetValue(Certificate));
        EnvFile.WriteTemplate(Path.Combine(workspace.Home, EnvFile.FileName));
        var embedded = AskParts.Embedded(workspace, parse.GetValue(Documents) ?? []);
        var panel = await workspace.OpenModelPanelAsync(embedded, token);
        foreach (var notice in AskParts.Notices(panel))
        {
            workspace.Output.Line($"[grey]{Output.Safe(notice)}[/]");
        }

        var view = new AskView(workspace.Output);
        // The work ends with this process, so what members answered need not outlive it.
        var result = await AskParts.CreateEngine(workspace, () => panel, embedded, new MemoryJournal()).AskAsync(workspace.Ids.Next("ask"), request, view, token);
        await AskParts.RecordAsync(workspace, result, token);
        var pictures = parse.GetValue(Plots) is { } plots ? await ChartFiles.WriteAsync(result.Analysis, plots, token) : [];
        var proof = parse.GetValue(Certificate) is { } folder && result.Certificate is { } signed ? OutcomeFolder.Write(folder, result.JobId, signed) : default;
        workspace.Output.Result(result, _ => view.Show(result));
        foreach (var picture in pictures)
        {
            workspace.Output.Line($"[grey]{Output.Safe(picture)}[/]");
        }

        if (proof.Certificate is not null)
        {
            workspace.Output.Line($"[grey]check it with: {Output.Safe(ShellWords.Line("quorate", "certificate", "verify", proof.Certificate, "--keys", proof.Keys))}[/]");
        }

        return result.Consensus.Method == ConsensusMethod.None ? ExitCodes.Negative : ExitCodes.Done;
    }

    /// <summary>Before anybody is asked: an answer that is paid for must not be lost to a folder.</summary>
    private static void CheckWritable(string option, string? folder)
    {
        if (folder is null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $".quorate-{Environment.ProcessId}.tmp");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw QuorateException.Input("folder_unwritable", $"{option} is '{PlainText.Line(folder, 200)}', which cannot be written: {error.Message}", "name a folder that you may write to", error);
        }
    }

    private static async Task<AskRequest> ReadAsync(ParseResult parse, CancellationToken token)
    {
        var type = QuestionTypes.Find(parse.GetValue(Type)!)
            ?? throw QuorateException.Input("type_unknown", $"--type is '{PlainText.Line(parse.GetValue(Type)!, 60)}'", "allowed: open, yes-no, multiple-choice, none");
        var roles = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in parse.GetValue(Role) ?? [])
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || at == pair.Length - 1 || !roles.TryAdd(pair[..at], pair[(at + 1)..]))
            {
                throw QuorateException.Input("role_form", $"--role is '{PlainText.Line(pair, 60)}'", "MODEL=ROLE is needed, once for each model, such as qwen=Rawlsian");
            }
        }

        return new AskRequest
        {
            Query = await InputText.ReadAsync(parse.GetValue(Text)!, token),
            Domain = parse.GetValue(DomainName)!,
            QuestionType = type,
            Choices = parse.GetValue(Choice) ?? [],
            Models = parse.GetValue(Models)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            Roles = roles,
            Aggregator = parse.GetValue(Aggregator),
            PeerReview = parse.GetValue(PeerReview),
            SecondRound = parse.GetValue(SecondRound),
            WeightByConfidence = parse.GetValue(Weighted),
            Seed = parse.GetValue(Seed),
        };
    }
}
