using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Baseline;

/// <summary>Keeps a site's baseline in its state folder, readable by this user alone; written whole or not at all.</summary>
public static class BaselineFile
{
    public const string Name = "baseline.json";

    private const int MaxBytes = 8 * 1024 * 1024;

    /// <exception cref="QuorateException">Missing: the folder cannot be written. Input: the site is too large for a baseline.</exception>
    public static async Task SaveAsync(string folder, HealthyBaseline baseline, CancellationToken cancellationToken)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(baseline, QuorateJson.Indented);
        if (bytes.Length > MaxBytes)
        {
            throw QuorateException.Input("baseline_size", $"the baseline has {bytes.Length} bytes; allowed: at most {MaxBytes}");
        }

        try
        {
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, Name);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            var part = $"{path}.{Environment.ProcessId}.part";
            await using (var file = new FileStream(part, options))
            {
                await file.WriteAsync(bytes, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(part, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("baseline_folder", $"the baseline cannot be kept in {folder}: {error.Message}", "check the folder's permissions and space", error);
        }
    }

    /// <summary>Null when there is none, or it belongs to another declaration or platform, or cannot be read: diagnosis does without it then.</summary>
    public static async Task<HealthyBaseline?> FindAsync(string folder, Site site, string platform, CancellationToken cancellationToken)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, Name));
            if (!file.Exists || file.Length > MaxBytes)
            {
                return null;
            }

            await using var stream = file.OpenRead();
            var baseline = await JsonSerializer.DeserializeAsync<HealthyBaseline>(stream, QuorateJson.Options, cancellationToken);
            return baseline?.Fits(site, platform) == true ? baseline : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
