using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Harness.Metrics;
using Quorate.Protocol.Provenance;

namespace Quorate.Harness.Records;

/// <summary>What a record's files hashed to when it was written. RealMs: what the run took.</summary>
public sealed record RecordManifest(int Format, string Run, double RealMs, string ResultSha256, IReadOnlyDictionary<string, string> Files);

/// <summary>One run on disk: a folder of JSON files, complete once its manifest is there.</summary>
public static class RecordFolder
{
    public const int Format = 1;
    private const string ManifestFile = "manifest.json";
    private const string ResultFile = "result.json";

    private static readonly string[] Names = ["answers.json", "header.json", "incident.json", "oracle.json", "planning.json", ResultFile, "scenario.json"];

    /// <summary>A record is larger than a scenario, and never this large.</summary>
    private const int MaxBytes = 64 << 20;

    /// <summary>Writes the record; a former one in the folder is replaced.</summary>
    /// <exception cref="QuorateException">Missing: the folder cannot be written.</exception>
    public static void Write(string folder, RunEvidence evidence, RunResult result)
    {
        try
        {
            Directory.CreateDirectory(folder);
            // Without its manifest the folder is no record, so that a cut write is never taken for one.
            File.Delete(Path.Combine(folder, ManifestFile));
            var files = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["header.json"] = Put(folder, "header.json", Json(evidence.Header)),
                ["scenario.json"] = Put(folder, "scenario.json", Json(evidence.Scenario)),
                ["planning.json"] = Put(folder, "planning.json", Json(evidence.Planning)),
                ["answers.json"] = Put(folder, "answers.json", Json(evidence.Answers)),
                ["incident.json"] = Put(folder, "incident.json", Json(evidence.Incident)),
                ["oracle.json"] = Put(folder, "oracle.json", Json(evidence.Oracle)),
                [ResultFile] = Put(folder, ResultFile, Canonical(result)),
            };
            var manifest = new RecordManifest(Format, Path.GetFileName(folder), evidence.Header.DurationMs, files[ResultFile], files);
            Put(folder, ManifestFile, Json(manifest));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("record_unwritable", $"{folder}: {error.Message}", "name another folder with --record", error);
        }
    }

    /// <summary>Folders of complete records: this one, or those in it, by name.</summary>
    public static IReadOnlyList<string> Find(string folder) => File.Exists(Path.Combine(folder, ManifestFile)) ? [folder]
        : Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Where(IsComplete).Order(StringComparer.Ordinal)]
        : [];

    public static bool IsComplete(string folder) => File.Exists(Path.Combine(folder, ManifestFile));

    /// <exception cref="QuorateException">Input: no record, or not one of this format.</exception>
    public static RecordManifest ReadManifest(string folder) => Read<RecordManifest>(folder, ManifestFile) is { Format: Format } manifest
        ? manifest
        : throw QuorateException.Input("record_format", $"{folder} is a record of another format than {Format}");

    /// <summary>Files that are not what was recorded, and the manifest when it does not name them all; empty when all are.</summary>
    public static IReadOnlyList<string> FindTampered(string folder, RecordManifest manifest) =>
        manifest.Files is null || !manifest.Files.Keys.Order(StringComparer.Ordinal).SequenceEqual(Names) || manifest.Files[ResultFile] != manifest.ResultSha256
            ? [ManifestFile]
            : [.. manifest.Files.Where(f => !IsPlain(Path.Combine(folder, f.Key)) || HashOf(BoundedFile.Read(Path.Combine(folder, f.Key), MaxBytes)) != f.Value).Select(f => f.Key).Order(StringComparer.Ordinal)];

    /// <exception cref="QuorateException">Input: a file is missing or no JSON of its kind.</exception>
    public static RunEvidence ReadEvidence(string folder) => new()
    {
        Header = Read<RunHeader>(folder, "header.json"),
        Scenario = Read<Scenarios.Scenario>(folder, "scenario.json"),
        Planning = Read<PlanningTrace>(folder, "planning.json"),
        Answers = Read<List<Contracts.Provenance.LlmRun>>(folder, "answers.json"),
        Incident = Read<IncidentTrace>(folder, "incident.json"),
        Oracle = Read<OracleTrace>(folder, "oracle.json"),
    };

    public static RunResult ReadResult(string folder) => Read<RunResult>(folder, ResultFile);

    /// <summary>The result's bytes, the same for the same result.</summary>
    public static byte[] Canonical(RunResult result) => CanonicalJson.ToBytes(QuorateJson.ToElement(result));

    public static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] Json<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, QuorateJson.Indented);

    private static string Put(string folder, string name, byte[] bytes)
    {
        var draft = Path.Combine(folder, name + ".tmp");
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: name == ManifestFile);
        }

        File.Move(draft, Path.Combine(folder, name), overwrite: true);
        return HashOf(bytes);
    }

    /// <summary>Neither a link out of the folder, nor a pipe that would be waited for.</summary>
    private static bool IsPlain(string path) => new FileInfo(path) is { Exists: true, LinkTarget: null, Length: > 0 and <= MaxBytes };

    private static T Read<T>(string folder, string name)
    {
        try
        {
            var bytes = BoundedFile.Read(Path.Combine(folder, name), MaxBytes);
            return QuorateJson.Deserialize<T>(Encoding.UTF8.GetString(bytes)) ?? throw new JsonException("it is null");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw QuorateException.Input("record_broken", $"{Path.Combine(folder, name)}: {PlainText.Line(error.Message, 200)}", "quorate harness run SCENARIO --record DIR writes records", error);
        }
    }
}
