using System.Text;
using Quorate.Contracts;
using Quorate.Harness.Report;

namespace Quorate.Cli.Evaluation;

/// <summary>Writes a page where a person asked for it.</summary>
internal static class ReportFile
{
    private const int MaxBegin = 4_096;

    /// <summary>Before hours are spent on what cannot be written in the end. A page of an earlier batch may be replaced, nothing else.</summary>
    /// <exception cref="QuorateException">Input: it is another file, or in no folder.</exception>
    public static void Check(string? path)
    {
        if (path is null)
        {
            return;
        }

        var file = new FileInfo(path);
        if (Directory.Exists(path) || file.Directory is not { Exists: true })
        {
            throw QuorateException.Input("report_wrong", $"--report {path}: a file in a folder that exists is needed");
        }

        if (file is { Exists: true, Length: > 0 } && !Encoding.UTF8.GetString(BoundedFile.Read(path, MaxBegin)).Contains(HtmlReport.Mark, StringComparison.Ordinal))
        {
            throw QuorateException.Input("report_exists", $"--report {path}: there is a file that is no report", "name another file");
        }
    }

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
