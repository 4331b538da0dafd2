using Quorate.Contracts;

namespace Quorate.Cli.Evaluation;

/// <summary>Writes a page where a person asked for it.</summary>
internal static class ReportFile
{
    /// <exception cref="QuorateException">Missing: the file cannot be written.</exception>
    public static async Task WriteAsync(string path, string text, CancellationToken token)
    {
        try
        {
            await File.WriteAllTextAsync(path, text, token);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("report_unwritable", $"{path}: {error.Message}", "name another file with --report", error);
        }
    }
}
